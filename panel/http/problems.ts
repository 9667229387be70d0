import type { FastifyReply } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { type ErrorCode, errorTraits, SmokewireError } from '../../contracts/errors.ts';
import type { Problem } from '../../contracts/http.ts';

/** RFC 9457 problem details with a code from the closed list. */
export function problem(code: ErrorCode, detail: string): Problem {
  const { summary, status = 500 } = errorTraits(code);
  return { type: 'about:blank', title: summary, status, detail, code };
}

/** What the caller is told about whatever was thrown; of a defect, only that it is one. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof SmokewireError) return ours(thrown);
  if (hasZodFastifySchemaValidationErrors(thrown)) {
    const issues = thrown.validation.map(({ instancePath, message }) => {
      const field = [thrown.validationContext, ...instancePath.split('/')].filter(Boolean).join('.');
      return `${field}: ${message}`;
    });
    return problem('REQUEST_INVALID', issues.join('; '));
  }
  if (thrown instanceof Error && 'statusCode' in thrown && isClientError(thrown.statusCode)) {
    return problem('REQUEST_INVALID', thrown.message);
  }
  return problem('INTERNAL', 'the request failed by a defect of smokewire; its log says more');
}

export function sendProblem(reply: FastifyReply, body: Problem): FastifyReply {
  return reply.code(body.status).type('application/problem+json').serializer(JSON.stringify).send(body);
}

/** An error of ours that has no HTTP status comes from the parts behind the API: worth another try, or a defect. */
function ours({ code, message, retryable }: SmokewireError): Problem {
  if (errorTraits(code).status !== undefined) return problem(code, message);
  if (retryable || code === 'STOPPED') return problem('NOT_READY', message);
  return problem('INTERNAL', 'the request failed by a defect of smokewire; its log says more');
}

function isClientError(status: unknown): boolean {
  return typeof status === 'number' && status >= 400 && status < 500;
}
