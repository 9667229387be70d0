import { resolve } from 'node:path';
import type { CapabilityName } from './capabilities.ts';
import { INSTALLED } from './installed.ts';
import { javaArguments } from './java.ts';
import { kcat } from './kcat.ts';
import { type Client, program } from './programs.ts';

const HERE = resolve('test/clients/kafka');

/** What a client cannot do by itself, and why. */
type Gaps = Partial<Record<CapabilityName, string>>;

interface Tried {
  readonly name: string;
  readonly run: Client;
  readonly gaps: Gaps;
}

export const CLIENTS: readonly Tried[] = [
  {
    name: 'kcat 1.7.1',
    run: kcat,
    gaps: { topics: 'makes none', 'transactional-offsets': 'commits none in a transaction' },
  },
  {
    name: 'Python confluent-kafka 2.16.1',
    run: program(`${INSTALLED}/python/bin/python`, `${HERE}/python/client.py`),
    gaps: {},
  },
  { name: 'Go franz-go 1.22.2', run: program(`${INSTALLED}/franz-go`), gaps: {} },
  { name: 'Java kafka-clients 4.3.1', run: program('java', ...javaArguments('Client')), gaps: {} },
  {
    name: '@platformatic/kafka 2.12.1',
    run: program(process.execPath, `${HERE}/javascript/platformatic.js`),
    gaps: {},
  },
  { name: 'kafkajs 2.2.4', run: program(process.execPath, `${HERE}/javascript/kafkajs.js`), gaps: {} },
];
