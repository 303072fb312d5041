// What payloads and acks are held to.

import assert from 'node:assert/strict';

// shape checks that a payload has these members and no others. A value that is a function checks, others are compared.
export function shape(got, want) {
  assert.deepEqual(Object.keys(got).sort(), Object.keys(want).sort());
  for (const [key, value] of Object.entries(want)) {
    if (typeof value === 'function') assert.ok(value(got[key]), `${key}: ${JSON.stringify(got[key])}`);
    else assert.deepEqual(got[key], value, key);
  }
}

export const text = (s) => typeof s === 'string' && s !== '';
export const time = (s) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(s);

// refuses checks an ack that says no.
export function refuses(ack, ...codes) {
  assert.equal(ack.ok, false, JSON.stringify(ack));
  assert.ok(text(ack.message), JSON.stringify(ack));
  assert.ok(codes.includes(ack.code), `code ${ack.code}, not ${codes}`);
}

export function accepts(ack) {
  assert.equal(ack.ok, true, JSON.stringify(ack));
  return ack;
}
