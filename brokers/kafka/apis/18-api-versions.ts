import type { Writer } from '../codec/writer.ts';
import { ErrorCode } from '../error-codes.ts';
import type { BrokerState, Request } from '../request.ts';

/**
 * ApiVersions Request (0–2) => nothing
 *
 * ApiVersions Response (0–2) => error_code [api_keys] throttle_time_ms
 *   error_code => INT16
 *   api_keys => api_key min_version max_version
 *     api_key => INT16
 *     min_version => INT16
 *     max_version => INT16
 *   throttle_time_ms => INT32           1+
 */
export function apiVersions({ version }: Request, answer: Writer, broker: BrokerState): undefined {
  writeVersions(answer, ErrorCode.NONE, broker.apis);
  if (version >= 1) answer.int32(0);
}

/** The answer to a version that is not served: error 35 in the body of version 0, and the client asks again (KIP-511). */
export function unsupportedApiVersions(answer: Writer, apis: BrokerState['apis']): void {
  writeVersions(answer, ErrorCode.UNSUPPORTED_VERSION, apis);
}

function writeVersions(answer: Writer, error: ErrorCode, apis: BrokerState['apis']): void {
  answer.errorCode(error).array(apis, ({ key, min, max }) => void answer.int16(key).int16(min).int16(max));
}
