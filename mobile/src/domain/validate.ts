// What a form can say before the server does. The limits are the server's; test/domain.test.ts compares them.

import { en } from '../strings/en';

export const limits = { name: 100, email: 254, phone: 32, address: 500, brand: 100, model: 100, invoiceNo: 64, message: 2000, password: 256 } as const;

type Rule = (value: string) => string | undefined;

export const required: Rule = (value) => (value.trim() === '' ? en.validation.required : undefined);

export function atMost(limit: number): Rule {
  return (value) => ([...value.trim()].length > limit ? en.validation.tooLong(limit) : undefined);
}

// email is looser than the server's: it is there for slips.
export const email: Rule = (value) => (value.trim() === '' || /^[^\s@]+@[^\s@]+$/.test(value.trim()) ? undefined : en.validation.email);

export const phone: Rule = (value) => (/^[\d\s+()./-]*$/.test(value.trim()) ? undefined : en.validation.phone);

export const password: Rule = (value) => ([...value].length < 8 ? en.validation.password : undefined);

// first returns the first thing wrong.
export function first(...rules: Rule[]): Rule {
  return (value) => {
    for (const rule of rules) {
      const wrong = rule(value);
      if (wrong !== undefined) {
        return wrong;
      }
    }
    return undefined;
  };
}

// check puts each field through its rule.
export function check<F extends string>(values: Record<F, string>, rules: Partial<Record<F, Rule>>): Partial<Record<F, string>> {
  const wrong: Partial<Record<F, string>> = {};
  for (const field of Object.keys(rules) as F[]) {
    const message = rules[field]?.(values[field]);
    if (message !== undefined) {
      wrong[field] = message;
    }
  }
  return wrong;
}
