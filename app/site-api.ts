import type { z } from 'zod';
import { ERRORS, type ErrorCode, SmokewireError } from '../contracts/errors.ts';
import { problemSchema } from '../contracts/http.ts';

/** A running site, spoken to over its HTTP API. */
export class SiteApi {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url.replace(/\/+$/, '');
  }

  /** GETs a route; throws SITE_UNREACHABLE, or the error that the site's problem details name. */
  async get<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    const response = await this.#request('GET', path);
    const text = await response.text();
    try {
      return schema.parse(JSON.parse(text));
    } catch (cause) {
      throw noSite(response, 'its answer is of another kind', cause);
    }
  }

  /** Sends a command; resolves once the site has accepted it. */
  async send(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: object): Promise<unknown> {
    const text = await (await this.#request(method, path, body)).text();
    return text === '' ? {} : JSON.parse(text);
  }

  async #request(method: string, path: string, body?: object): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(`${this.#url}${path}`, {
        method,
        ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      });
    } catch (cause) {
      const advice = 'start one with `smokewire up`, or name its address with --url or SMOKEWIRE_URL';
      throw new SmokewireError('SITE_UNREACHABLE', `no site answers at ${this.#url}: ${advice}`, { cause });
    }
    if (!response.ok) throw await problemOf(response);
    return response;
  }
}

async function problemOf(response: Response): Promise<SmokewireError> {
  const text = await response.text();
  try {
    const problem = problemSchema.parse(JSON.parse(text));
    return new SmokewireError(isErrorCode(problem.code) ? problem.code : 'INTERNAL', problem.detail);
  } catch (cause) {
    return noSite(response, `${response.status} ${response.statusText}`.trim(), cause);
  }
}

/** Something answers, but in a way in which no site of this version does. */
function noSite({ url }: Response, said: string, cause: unknown): SmokewireError {
  return new SmokewireError('SITE_UNREACHABLE', `what answers at ${url} is no smokewire site: ${said}`, { cause });
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}
