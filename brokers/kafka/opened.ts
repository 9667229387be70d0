import { API_VERSIONS, unsupportedApiVersions } from './apis/18-api-versions.ts';
import { MalformedFrame, Reader } from './codec/reader.ts';
import { Writer } from './codec/writer.ts';
import { type Api, REGISTRY } from './registry.ts';
import type { Peer, Request } from './request.ts';

const APIS: ReadonlyMap<number, Api> = new Map(REGISTRY.map((api) => [api.key, api]));

/** A version of ApiVersions that is not served is answered all the same, so that the client can ask again (KIP-511). */
const UNSUPPORTED_API_VERSIONS: Api = {
  key: API_VERSIONS,
  name: 'ApiVersions',
  min: 0,
  max: 0,
  flexibleFrom: Number.POSITIVE_INFINITY,
  handle: (_request, answer, broker) => {
    unsupportedApiVersions(answer, broker.apis);
    return undefined;
  },
};

/** A request whose header was read: who handles it, and where its answer goes. */
export interface Opened {
  readonly api: Api;
  readonly correlationId: number;
  readonly request: Request;
  readonly answer: Writer;
}

/**
 * Request header (1–2) => request_api_key request_api_version correlation_id client_id
 *   request_api_key => INT16
 *   request_api_version => INT16
 *   correlation_id => INT32
 *   client_id => NULLABLE_STRING      with its length in an INT16, in a flexible version too
 *
 * Throws MalformedFrame for what is not served.
 */
export function open(frame: Buffer, peer: Peer): Opened {
  const body = new Reader(frame);
  const key = body.int16();
  const version = body.int16();
  const correlationId = body.int32();
  const clientId = body.nullableString() ?? '';
  const api = served(key, version);
  const answer = new Writer(correlationId);
  if (version >= api.flexibleFrom) {
    body.becomeFlexible();
    answer.becomeFlexible({ header: key !== API_VERSIONS });
  }
  return { api, correlationId, request: { version, clientId, body, peer }, answer };
}

/** What a frame of at least a header's length says of itself, for listings. */
export function labelOf(frame: Buffer): { readonly api: string; readonly correlationId: number } {
  const key = frame.readInt16BE(0);
  return { api: APIS.get(key)?.name ?? String(key), correlationId: frame.readInt32BE(4) };
}

function served(key: number, version: number): Api {
  const api = APIS.get(key);
  if (api && version >= (api.servedFrom ?? api.min) && version <= api.max) return api;
  if (key === API_VERSIONS) return UNSUPPORTED_API_VERSIONS;
  throw new MalformedFrame(`version ${version} of API ${key} is not served`);
}
