import type { Writer } from '../codec/writer.ts';
import { ErrorCode } from '../error-codes.ts';
import type { BrokerState, Request } from '../request.ts';

export const API_VERSIONS = 18;
/** What a client may call itself (KIP-511). */
const SOFTWARE = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;

/**
 * ApiVersions Request (0–3) => client_software_name client_software_version
 *   client_software_name => STRING      3+
 *   client_software_version => STRING   3+
 *
 * ApiVersions Response (0–3) => error_code [api_keys] throttle_time_ms
 *   error_code => INT16
 *   api_keys => api_key min_version max_version
 *     api_key => INT16
 *     min_version => INT16
 *     max_version => INT16
 *   throttle_time_ms => INT32           1+
 */
export function apiVersions({ version, body }: Request, answer: Writer, broker: BrokerState): undefined {
  const named = version < 3 || [body.string(), body.string()].every((name) => SOFTWARE.test(name));
  if (named) writeVersions(answer, ErrorCode.NONE, broker.apis);
  else writeVersions(answer, ErrorCode.INVALID_REQUEST, []);
  if (version >= 1) answer.int32(0);
}

/**
 * The answer to a version that is not served: error 35 in the body of version 0, with the versions of this API alone, and
 * the client asks again (KIP-511).
 */
export function unsupportedApiVersions(answer: Writer, apis: BrokerState['apis']): void {
  const own = apis.filter(({ key }) => key === API_VERSIONS);
  writeVersions(answer, ErrorCode.UNSUPPORTED_VERSION, own);
}

function writeVersions(answer: Writer, error: ErrorCode, apis: BrokerState['apis']): void {
  answer.errorCode(error).array(apis, ({ key, min, max }) => void answer.int16(key).int16(min).int16(max));
}
