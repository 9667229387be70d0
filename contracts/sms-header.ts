/**
 * The HTTP header in which a request for an SMS names its notification, the same on each attempt, as an e-mail does by its
 * Message-ID: whoever stands between can recognise a repetition. Twilio's API has no field for it and ignores the header.
 */
export const NOTIFICATION_HEADER = 'x-smokewire-notification';
