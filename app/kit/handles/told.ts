import type { Inbox } from '../../../brokers/inbox.ts';
import type { LampView } from '../../../contracts/http.ts';
import {
  type About,
  DEFAULT_WITHIN,
  type InboxHandle,
  isAbout,
  type LampHandle,
  type MessageQuery,
  subjectOf,
  type Within,
} from '../../handles.ts';
import { waitFor } from '../../wait.ts';
import type { FitsNotification } from '../notifications.ts';
import { msOf } from '../site-time.ts';
import { type HandleParts, type PanelWait, waitForPanel } from './parts.ts';

export function lampHandle(parts: HandleParts, lamp: string): LampHandle {
  const { model } = parts.watched.process;
  const is =
    (on: boolean) =>
    ({ within }: Within = {}) =>
      waitForLamp(parts, {
        about: lamp,
        what: `lamp ${lamp} to be ${on ? 'on' : 'off'}`,
        within,
        look: () => {
          const view = model.lamp(lamp);
          return view?.on === on ? view : undefined;
        },
      });
  return { lamp, on: is(true), off: is(false) };
}

export function inboxHandle(parts: HandleParts): InboxHandle {
  const { embedded, model } = parts.watched.process;
  const { emails, sms } = embedded.inboxes;
  return {
    email: (query) =>
      waitForMessage(parts, query, {
        what: 'an e-mail',
        box: emails,
        words: (mail) => `${mail.subject}\n${mail.text}`,
        // The Message-ID is made of the notification's.
        sent: (mail) => (sent) => sent.channel === 'email' && mail.id.includes(sent.id),
      }),
    sms: (query) =>
      waitForMessage(parts, query, {
        what: 'an SMS',
        box: sms,
        words: (message) => message.text,
        sent: (message) => (sent) => sent.channel === 'sms' && sent.to === message.to && sent.text === message.text,
      }),
    lamp: ({ about, matching, within } = {}) =>
      waitForLamp(parts, {
        about: about && subjectOf(about),
        what: `a lamp to be on${inWords(about, matching)}`,
        within,
        look: () =>
          model.lamps.find(
            ({ lamp, on, text }) =>
              on && (!about || lamp === subjectOf(about)) && (!matching || text.search(matching) >= 0),
          ),
      }),
    emails: () => [...(emails?.list() ?? [])],
    smss: () => [...(sms?.list() ?? [])],
  };
}

/** How the messages of an inbox are read. */
interface Messages<T> {
  readonly what: string;
  readonly box: Inbox<T> | undefined;
  words(item: T): string;
  /** Which notification it is. */
  sent(item: T): FitsNotification;
}

/** The first message in an inbox that fits. */
async function waitForMessage<T>(
  { watched, expected }: HandleParts,
  { about, matching, within = DEFAULT_WITHIN }: MessageQuery = {},
  { what, box, words, sent }: Messages<T>,
): Promise<T> {
  const fits = (item: T) => (!about || isAbout(words(item), about)) && (!matching || words(item).search(matching) >= 0);
  const message = await waitFor(watched.time, msOf(within), {
    what: `${what}${inWords(about, matching)}`,
    look: () => box?.list().find(fits),
    watch: (changed) => box?.onReceived(changed) ?? (() => {}),
    story: () => watched.story(about && subjectOf(about)),
  });
  expected.asked(sent(message));
  return message;
}

/** A lamp as it is asked for. */
async function waitForLamp({ watched, expected }: HandleParts, wait: PanelWait<LampView>): Promise<LampView> {
  const view = await waitForPanel(watched, wait);
  const title = view.on ? 'on' : 'off';
  expected.asked(
    (sent) =>
      sent.channel === 'lamp' && sent.to === view.lamp && sent.incident === view.incident && sent.title === title,
  );
  return view;
}

/** The end of what is waited for. */
function inWords(about: About | undefined, matching: RegExp | undefined): string {
  return `${about ? ` about ${subjectOf(about)}` : ''}${matching ? ` matching ${matching}` : ''}`;
}
