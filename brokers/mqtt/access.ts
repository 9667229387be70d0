import type { AedesOptions, AuthenticateError, Client } from 'aedes';
import type { Logger } from '../../contracts/logger.ts';
import { sameSecret } from '../secret.ts';

/** The name and password by which the bridge, and nobody else, is known. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

export type PublishPacket = Parameters<NonNullable<AedesOptions['authorizePublish']>>[1];
type Rules = Required<Pick<AedesOptions, 'authenticate' | 'authorizePublish' | 'authorizeSubscribe'>>;

/** CONNACK return code 4 (MQTT 3.1.1, 3.2.2.3). */
const BAD_USERNAME_OR_PASSWORD = 4;
const SYS = '$SYS/';
/** A message that is refused or taken ends here, emptied: acknowledged, and delivered to nobody. */
const REFUSED = `${SYS}refused`;

/**
 * Who may do what. Anybody connects without a name; who gives a name has to be the bridge. Anybody publishes and
 * subscribes, but `{root}/+/+/valve/command` takes messages from the bridge alone. A message that may not be published is
 * acknowledged and dropped, wills included, as mosquitto does it: MQTT 3.1.1 leaves that or closing the connection
 * ([MQTT-3.3.5-2]), and a client that is cut sends the same message again as soon as it is back.
 *
 * @param closing true once the broker stops: then it closes its clients itself, and their wills would say that they died
 * @param takes whether somebody takes a message that may be published
 */
export function accessRules(
  root: string,
  bridge: Credentials,
  logger: Logger,
  { closing, takes }: { readonly closing: () => boolean; readonly takes: (packet: PublishPacket) => boolean },
): Rules {
  const bridges = new WeakSet<Client>();
  const warned = new WeakSet<Client>();

  const refused = (client: Client | null, topic: string) => {
    // Once for each connection: a client that repeats itself must not fill the log.
    if (client === null || warned.has(client)) return;
    warned.add(client);
    logger.warn({ client: client.id, topic }, 'dropped a message to a topic that this client may not publish to');
  };

  return {
    authenticate(client, username, password, done) {
      if (username === undefined || username === null) return done(null, true);
      if (sameSecret(username, bridge.username) && sameSecret(password ?? '', bridge.password)) {
        bridges.add(client);
        return done(null, true);
      }
      logger.warn({ client: client.id, username }, 'refused a client with a wrong name or password');
      done(badCredentials(), false);
    },

    authorizePublish(client, packet, done) {
      if (closing()) return done(new Error('the broker stops'));
      const mayPublish =
        !packet.topic.startsWith(SYS) &&
        (!isValveCommand(root, packet.topic) || (client !== null && bridges.has(client)));
      if (!mayPublish) refused(client, packet.topic);
      if (!mayPublish || takes(packet)) {
        packet.topic = REFUSED;
        packet.payload = '';
      }
      done(null);
    },

    authorizeSubscribe(client, subscription, done) {
      // aedes would grant a shared subscription (an extension, native in MQTT 5) and deliver nothing to it.
      if (subscription.topic.startsWith('$share/')) {
        logger.warn({ client: client.id, filter: subscription.topic }, 'refused a shared subscription');
        return done(null, null); // SUBACK 0x80, failure
      }
      done(null, subscription);
    },
  };
}

/** `{root}/{site}/{floor}/valve/command`, whatever site and floor look like. */
function isValveCommand(root: string, topic: string): boolean {
  if (!topic.endsWith('/valve/command') || !topic.startsWith(`${root}/`)) return false;
  return topic.slice(root.length + 1).split('/').length === 4;
}

function badCredentials(): AuthenticateError {
  return Object.assign(new Error('bad user name or password'), { returnCode: BAD_USERNAME_OR_PASSWORD });
}
