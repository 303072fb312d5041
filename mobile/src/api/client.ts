import type { Failure } from './contract';
import { ApiError, isRefusedToken, UNREACHABLE, UNREADABLE } from './error';

type Query = Record<string, string | number | boolean | undefined>;

export interface RequestOptions {
  body?: unknown;
  query?: Query;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  token?: string; // instead of the present one
}

export interface ClientOptions {
  baseUrl: string; // of the server, without a slash at its end
  token: () => string | null;
  // onRefused is told when the server does not take a token any more.
  onRefused?: (error: ApiError, token: string) => void;
  texts: { unreachable: string; unreadable: string };
  timeout?: number; // milliseconds; 15,000 by default
}

export type Client = ReturnType<typeof createClient>;

// createClient makes the one way from the app to the REST API. Whatever goes wrong is thrown as an ApiError, except that a
// call whose signal was aborted throws what fetch throws.
export function createClient(options: ClientOptions) {
  const { baseUrl, texts, timeout = 15_000 } = options;

  async function send(method: string, path: string, request: RequestOptions): Promise<Response> {
    const token = request.token ?? options.token();
    const ended = new AbortController();
    const timer = setTimeout(() => ended.abort(), timeout);
    const abort = () => ended.abort();
    request.signal?.addEventListener('abort', abort);
    try {
      const answer = await fetch(`${baseUrl}/api/v1${path}${queryOf(request.query)}`, {
        method,
        headers: {
          Accept: 'application/json',
          ...(token ? { Authorization: `Bearer ${token}` } : {}),
          ...(request.body === undefined ? {} : { 'Content-Type': 'application/json' }),
          ...request.headers,
        },
        body: request.body === undefined ? undefined : JSON.stringify(request.body),
        signal: ended.signal,
      });
      if (!answer.ok) {
        throw await failureOf(answer, texts.unreadable);
      }
      return answer;
    } catch (error) {
      if (request.signal?.aborted) {
        throw error;
      }
      const failure = error instanceof ApiError ? error : new ApiError(0, { code: UNREACHABLE, message: texts.unreachable });
      if (token && isRefusedToken(failure)) {
        options.onRefused?.(failure, token);
      }
      throw failure;
    } finally {
      clearTimeout(timer);
      request.signal?.removeEventListener('abort', abort);
    }
  }

  return {
    baseUrl,

    // json calls the API and returns its answer.
    async json<T>(method: string, path: string, request: RequestOptions = {}): Promise<T> {
      const answer = await send(method, path, request);
      try {
        return (await answer.json()) as T;
      } catch {
        throw new ApiError(answer.status, { code: UNREADABLE, message: texts.unreadable });
      }
    },

    // blob loads a file.
    async blob(path: string, request: RequestOptions = {}): Promise<Blob> {
      const answer = await send('GET', path, request);
      try {
        return await answer.blob();
      } catch {
        throw new ApiError(0, { code: UNREACHABLE, message: texts.unreachable }); // cut half-way
      }
    },
  };
}

export function queryOf(query: Query = {}): string {
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return pairs.length > 0 ? `?${pairs.join('&')}` : '';
}

async function failureOf(answer: Response, unreadable: string): Promise<ApiError> {
  let body: Partial<Failure>;
  try {
    body = (await answer.json()) as Partial<Failure>;
  } catch {
    body = {};
  }
  return new ApiError(answer.status, { ...body, code: body.code ?? UNREADABLE, message: body.message ?? unreadable });
}
