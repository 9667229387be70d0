import { numberAt } from '../protocol/values.ts';
import { type Sender, Sending } from './sending.ts';
import type { Client } from './world.ts';

/** A producer that numbers nothing: what gets no answer is not sent again. */
export async function plainProducer(client: Client, name: string): Promise<void> {
  const sending = new Sending(client, { name, transactionalId: null, numbered: undefined });
  while (client.world.working()) {
    await sending.burst(client.partition(), client.between(1, 3));
    await client.rest(10);
  }
}

/** One that numbers its batches, up to five in flight, and sends again what gets no answer (KIP-98). */
export async function idempotentProducer(client: Client, name: string): Promise<void> {
  for (let session = 0; client.world.working(); session++) {
    const numbered = await newProducer(client);
    if (!numbered) continue;
    const sending = new Sending(client, { name: `${name}.${session}`, transactionalId: null, numbered });
    while (client.world.working() && !client.chance(0.02)) {
      if ((await sending.burst(client.partition(), client.between(1, 5))) !== 'acknowledged') break;
      await client.rest(10);
    }
  }
}

/** Who it is from now on; undefined where it cannot be told. */
export async function newProducer(
  { link }: Client,
  transactionalId: string | null = null,
  transactionTimeoutMs = 60_000,
): Promise<Sender['numbered']> {
  const told = await link.insisting('InitProducerId', 4, { transactionalId, transactionTimeoutMs }, 'errorCode');
  if (told?.error !== 0) return undefined;
  return { producerId: numberAt(told.answer, 'producerId'), epoch: numberAt(told.answer, 'producerEpoch') };
}
