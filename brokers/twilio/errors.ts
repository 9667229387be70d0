/** An answer of Twilio's that is no message: HTTP status, its own code, and words for people. */
export interface Refusal {
  readonly status: number;
  readonly code: number;
  readonly message: string;
}

/** The codes of https://www.twilio.com/docs/api/errors that the stand-in answers, in our words. */
const ERRORS = {
  20003: [401, 'Authentication failed'],
  20004: [405, 'Method not allowed'],
  20404: [404, 'The requested resource was not found'],
  20413: [413, 'The request is too large'],
  20415: [415, 'The content type must be application/x-www-form-urlencoded'],
  21211: [400, "The 'To' number is not a valid phone number"],
  21212: [400, "The 'From' number is not a valid phone number"],
  21408: [400, "Sending to the region of the 'To' number is not enabled"],
  21602: [400, "A 'Body' is required"],
  21603: [400, "A 'From' number is required"],
  21604: [400, "A 'To' number is required"],
  21606: [400, "The 'From' number is not one of this account that can send SMS"],
  21610: [400, "The owner of the 'To' number has unsubscribed"],
  21611: [400, "The queue of the 'From' number is full"],
  21612: [400, "There is no route to the 'To' number from this 'From' number"],
  21614: [400, "The 'To' number is not a mobile number"],
  21617: [400, 'The body is longer than 1600 characters'],
  21624: [400, 'The validity period is not an integer from 1 to 36000 seconds'],
} as const satisfies Record<number, readonly [number, string]>;

export type RefusalCode = keyof typeof ERRORS;

export function refusal(code: RefusalCode): Refusal {
  const [status, message] = ERRORS[code];
  return { status, code, message };
}

/** The JSON body of an error as Twilio writes it. */
export function errorBody({ status, code, message }: Refusal): object {
  return { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status };
}
