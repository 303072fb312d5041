import type { Booking, Failure } from './contract';

// Codes of failures that never came from the server.
export const UNREACHABLE = 'unreachable'; // no answer at all
export const UNREADABLE = 'unreadable'; // an answer of somebody else's making, such as a proxy's page

// ApiError is every way in which a call can fail. Its message is a sentence for a person.
export class ApiError extends Error {
  readonly status: number; // 0 where there was no answer
  readonly code: string;
  readonly fields: Record<string, string>;
  readonly requestId?: string;
  readonly booking?: Booking; // with "conflict": the booking as it is now

  constructor(status: number, failure: Pick<Failure, 'code' | 'message'> & Partial<Failure>) {
    super(failure.message);
    this.name = 'ApiError';
    this.status = status;
    this.code = failure.code;
    this.fields = failure.fields ?? {};
    this.requestId = failure.requestId;
    this.booking = failure.booking;
  }

  // passing says that the same call may well succeed in a while.
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

const tokenCodes = new Set(['missing_token', 'invalid_token', 'expired_token', 'revoked_token']);

// isRefusedToken says that a sign-in has ended, rather than that a password was wrong.
export function isRefusedToken(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 401 && tokenCodes.has(error.code);
}

export function isPassing(error: unknown): boolean {
  return error instanceof ApiError && error.passing;
}
