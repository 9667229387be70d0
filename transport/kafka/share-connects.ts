import Connection from 'kafkajs/src/network/connection.js';

const connect = Connection.prototype.connect;
const connecting = new WeakMap<Connection, Promise<boolean>>();

/**
 * After a broken connection, two requests at once make kafkajs 2.2.4 connect twice: the second socket takes the place of the
 * first, whose answers then go into the same buffer. Here the second request waits for the first one's connection.
 */
Connection.prototype.connect = function (this: Connection): Promise<boolean> {
  const pending = connecting.get(this) ?? connect.call(this).finally(() => connecting.delete(this));
  connecting.set(this, pending);
  return pending;
};
