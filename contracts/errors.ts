/** What each error means to the program that meets it. */
interface ErrorTraits {
  /** What happened, in a phrase. */
  readonly summary: string;
  /** Whether the same attempt, later, may succeed. */
  readonly retryable: boolean;
  /** The HTTP status where the API answers with it (RFC 9457 problem details). */
  readonly status?: number;
  /** The command line's exit code where a command ends with it. */
  readonly exit?: 1 | 2 | 3;
}

/** The closed list of error codes; `docs/errors.md` explains each, and a test holds the two equal. */
export const ERRORS = {
  CONFIG_INVALID: { summary: 'the configuration has problems', retryable: false, exit: 2 },
  USAGE_INVALID: { summary: 'the command was called wrongly', retryable: false, exit: 2 },
  PORT_IN_USE: { summary: 'a port to listen on is taken', retryable: false, exit: 1 },
  START_FAILED: { summary: 'a part of the site did not start', retryable: true, exit: 1 },
  STOPPED: { summary: 'the part was stopped meanwhile', retryable: false, exit: 1 },
  KAFKA_UNREACHABLE: { summary: 'no Kafka broker answers', retryable: true, exit: 1 },
  MQTT_UNREACHABLE: { summary: 'the MQTT broker does not answer', retryable: true, exit: 1 },
  SITE_UNREACHABLE: { summary: 'no site answers at that address', retryable: true, exit: 3 },
  WAIT_TIMEOUT: { summary: 'what was waited for did not happen in time', retryable: true, exit: 1 },
  SCENARIO_INVALID: { summary: 'a scenario file has problems', retryable: false, exit: 2 },
  SCENARIO_FAILED: { summary: 'a scenario did not hold', retryable: false, exit: 1 },
  FAULT_NEEDS_EMBEDDED: { summary: 'a fault on purpose needs an embedded server', retryable: false, exit: 1 },
  UNEXPECTED_EVENTS: { summary: 'something happened that nobody expected', retryable: false, exit: 1 },
  SETTLE_TIMEOUT: { summary: 'a site does not come to rest', retryable: true, exit: 1 },
  FILE_INVALID: { summary: 'a file is not what it should be', retryable: false, exit: 2 },
  REPLAY_DIFFERS: { summary: 'a replay does not end as the recording did', retryable: false, exit: 1 },
  WALK_TEST_SHORT: { summary: 'a walk test covers less than was asked for', retryable: false, exit: 1 },

  MQTT_TOPIC_INVALID: { summary: 'an MQTT topic does not have the form of ours', retryable: false },
  PAYLOAD_NOT_UTF8: { summary: 'a payload is not UTF-8', retryable: false },
  PAYLOAD_TOO_LARGE: { summary: 'a payload is larger than its topic takes', retryable: false },
  PAYLOAD_INVALID: { summary: 'a payload does not fit its schema', retryable: false },
  SIGNAL_RETAINED: { summary: 'a retained signal is no news', retryable: false },
  SIGNAL_STALE: { summary: 'a signal repeats one that was seen before', retryable: false },
  RECORD_INVALID: { summary: 'a Kafka record does not fit its schema', retryable: false },
  COMMAND_EXPIRED: { summary: 'a valve command reached the bridge after its time', retryable: false },
  STEP_FAILED: { summary: 'a processor failed on a record', retryable: false },

  EMAIL_REFUSED: { summary: 'the mail server refuses this mail for good', retryable: false },
  EMAIL_DEFERRED: { summary: 'the mail server cannot take this mail now', retryable: true },
  SMS_REFUSED: { summary: 'the SMS service refuses this message for good', retryable: false },
  SMS_DEFERRED: { summary: 'the SMS service cannot take this message now', retryable: true },
  SEND_TIMEOUT: { summary: 'a send did not end in time', retryable: true },
  NOTICE_EXPIRED: { summary: 'a notification outlived its use before it could be sent', retryable: false },

  REQUEST_INVALID: { summary: 'the request does not fit its schema', retryable: false, status: 400 },
  ORIGIN_REFUSED: { summary: 'the request comes from a page that is not ours', retryable: false, status: 403 },
  ROUTE_UNKNOWN: { summary: 'there is no such route', retryable: false, status: 404 },
  DETECTOR_UNKNOWN: { summary: 'there is no such detector', retryable: false, status: 404, exit: 1 },
  FLOOR_UNKNOWN: { summary: 'there is no such floor', retryable: false, status: 404, exit: 1 },
  INCIDENT_UNKNOWN: { summary: 'there is no such incident', retryable: false, status: 404 },
  DEAD_LETTER_UNKNOWN: { summary: 'there is no such dead letter', retryable: false, status: 404, exit: 1 },
  DEAD_LETTER_FINAL: { summary: 'this dead letter cannot be replayed', retryable: false, status: 409, exit: 1 },
  DETECTOR_NOT_SIMULATED: { summary: 'this process does not simulate the detector', retryable: false, status: 409 },
  FLOOR_IN_ALARM: { summary: 'a detector of the floor still signals 1', retryable: true, status: 409, exit: 1 },
  NOT_READY: { summary: 'the part that would answer is not ready', retryable: true, status: 503 },
  INTERNAL: { summary: 'smokewire has a defect', retryable: false, status: 500, exit: 1 },
} as const satisfies Record<string, ErrorTraits>;

export type ErrorCode = keyof typeof ERRORS;

/** The traits of a code, widened so that the optional ones can be asked for. */
export function errorTraits(code: ErrorCode): ErrorTraits {
  return ERRORS[code];
}

/** Every error of ours: a code from the closed list, and a message that says what happened, to what, and what to do. */
export class SmokewireError extends Error {
  override readonly name = 'SmokewireError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  get retryable(): boolean {
    return errorTraits(this.code).retryable;
  }
}

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
