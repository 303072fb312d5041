import { keys } from '../src/state/keys';
import { createQueryClient } from '../src/state/queryClient';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

// Ten minutes on a screen that shows nobody threw away who was online. Events had nothing to change then, and everybody
// seemed to be away until the next reconnect.
test('who is online is kept for as long as the session, whatever is on the screen', () => {
  const client = createQueryClient();
  client.setQueryData(keys.presence, ['u1']);
  client.setQueryData(keys.typing('b1'), ['u1']);
  jest.advanceTimersByTime(60 * 60_000);
  expect(client.getQueryData(keys.presence)).toEqual(['u1']);
  expect(client.getQueryData(keys.typing('b1'))).toBeUndefined(); // others are not
  client.clear();
  expect(client.getQueryData(keys.presence)).toBeUndefined(); // at a sign-out it goes with the rest
});
