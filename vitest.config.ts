import { defineConfig } from 'vitest/config';

/** What `smokewire` is to the examples: this source, by the names that package.json exports. */
const source = (path: string) => new URL(path, import.meta.url).pathname;
const EXAMPLES = [
  { find: 'smokewire/vitest', replacement: source('app/kit/vitest.ts') },
  { find: 'smokewire/kafka', replacement: source('app/kafka.ts') },
  { find: 'smokewire', replacement: source('app/index.ts') },
];

export default defineConfig({
  test: {
    // Tests wait more than they compute; vitest's own choice, one worker less than cores, would leave two cores half idle.
    maxWorkers: 3,
    projects: [
      {
        // What needs nothing but Node: pure logic, and single parts over sockets on embedded brokers.
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/acceptance/**', 'test/mutations/**', 'test/real/**', 'test/clients/**'],
          // A deadline for what hangs: on a busy machine a site of its own takes its time.
          testTimeout: 20_000,
          // Nothing is mocked, so files can share what they import: half of their time went into importing it anew.
          isolate: false,
        },
      },
      {
        // Timelines over a whole site, on embedded brokers.
        test: { name: 'acceptance', include: ['test/acceptance/**/*.test.ts'], testTimeout: 60_000, isolate: false },
      },
      {
        // The shipped scenarios against copies of the built program that are broken in one place each.
        test: { name: 'mutations', include: ['test/mutations/**/*.test.ts'], testTimeout: 150_000 },
      },
      {
        // What others copy, as it stands in docs/testing.md; CI runs it once more as they would, with the packed tarball.
        resolve: { alias: EXAMPLES },
        test: { name: 'examples', include: ['examples/test/**/*.test.ts'], testTimeout: 30_000, isolate: false },
      },
      {
        // The same, and the conformance suites, on Apache Kafka, mosquitto, OpenSMTPD: test/real starts them.
        test: {
          name: 'real',
          include: ['test/real/**/*.test.ts'],
          globalSetup: ['test/real/setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        // The embedded broker and Apache Kafka, seen by clients in other languages; test/clients/kafka/install installs them.
        test: {
          name: 'clients',
          include: ['test/clients/**/*.test.ts'],
          globalSetup: ['test/clients/kafka/setup.ts'],
          testTimeout: 30_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
