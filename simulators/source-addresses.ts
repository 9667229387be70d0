/** Connections that one source address gives to one broker: Linux has 28,231 ephemeral ports. */
const CONNECTIONS_EACH = 25_000;

/**
 * Where the connection of each detector comes from, by its id. All of 127.0.0.0/8 is this machine, so a fleet that is too
 * large for the ports of one address goes over several; to a broker elsewhere the system chooses.
 */
export function sourceAddresses(brokerHost: string, detectors: number): (id: number) => string | undefined {
  if (detectors <= CONNECTIONS_EACH || brokerHost !== '127.0.0.1') return () => undefined;
  return (id) => `127.0.0.${1 + Math.floor((id - 1) / CONNECTIONS_EACH)}`;
}
