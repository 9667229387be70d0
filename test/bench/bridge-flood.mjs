// Publishes signals as fast as a broker acknowledges them, from a process of its own: pre-encoded packets on bare sockets.
// Arguments: JSON { port, topics, messages, connections, window, qos }. Ends when all are acknowledged.
import { connect } from 'node:net';

const { port, topics, messages, connections, window, qos } = JSON.parse(process.argv[2]);
const CONNACK = 0x20;
const PUBACK = 0x40;

function connectPacket(clientId) {
  const id = Buffer.from(clientId);
  return Buffer.concat([Buffer.from([0x10, 12 + id.length, 0, 4, 77, 81, 84, 84, 4, 2, 0, 0, 0, id.length]), id]);
}

function publishPacket(topic) {
  const name = Buffer.from(topic);
  const body = 2 + name.length + (qos > 0 ? 2 : 0) + 1;
  const packet = Buffer.alloc(2 + body, '0');
  packet[0] = 0x30 | (qos << 1);
  packet[1] = body;
  packet.writeUInt16BE(name.length, 2);
  name.copy(packet, 4);
  return packet;
}

function publisher(number, share) {
  return new Promise((resolve, reject) => {
    const packets = topics.filter((_, i) => i % connections === number).map(publishPacket);
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let sent = 0;
    let acknowledged = 0;
    let bytesSeen = 0;
    const send = () => {
      const batch = [];
      for (; sent < share && (qos === 0 ? batch.length < 500 : sent - acknowledged < window); sent++) {
        const packet = packets[sent % packets.length];
        if (qos > 0) packet.writeUInt16BE(1 + (sent % 65_000), packet.length - 3);
        batch.push(Buffer.from(packet));
      }
      if (batch.length > 0) socket.write(Buffer.concat(batch), qos === 0 ? () => send() : undefined);
      else if (qos === 0) socket.end(Buffer.from([0xe0, 0]), resolve);
    };
    socket.write(connectPacket(`flood-${process.pid}-${number}`));
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      // Every answer has four bytes: CONNACK once, then PUBACKs.
      if (bytesSeen === 0 && chunk[0] !== CONNACK) reject(new Error('no CONNACK'));
      const first = bytesSeen === 0;
      bytesSeen += chunk.length;
      acknowledged = Math.floor(bytesSeen / 4) - 1;
      if (!first && chunk.length % 4 === 0 && chunk[0] !== PUBACK) reject(new Error('not a PUBACK'));
      if (qos > 0 && acknowledged >= share) socket.end(Buffer.from([0xe0, 0]), resolve);
      else if (first || qos > 0) send();
    });
  });
}

const share = Math.floor(messages / connections);
await Promise.all(Array.from({ length: connections }, (_, number) => publisher(number, share)));
process.exit(0);
