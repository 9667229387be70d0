import { DIFFERENCES, NOT_SERVED } from '../../../../brokers/kafka/differences.ts';
import { REGISTRY } from '../../../../brokers/kafka/registry.ts';
import { APACHE } from './apache.ts';

/** The page with the parts that are made of the registry and its differences, between their marks, made anew. */
export function coveragePage(page: string): string {
  return Object.entries(PARTS).reduce((text, [name, part]) => {
    const marked = new RegExp(`(<!-- ${name}: [^>]*-->\n)[^]*?(<!-- end of ${name} -->)`);
    if (!marked.test(text)) throw new Error(`docs/kafka-coverage.md has no marks for the part "${name}"`);
    return text.replace(marked, (_, begin: string, end: string) => `${begin}\n${part()}\n\n${end}`);
  }, page);
}

const PARTS: Readonly<Record<string, () => string>> = { apis, differences, 'not served': notServed };

function apis(): string {
  const rows = REGISTRY.map(({ key, name, min, max }) => {
    const count = DIFFERENCES[name]?.length ?? 0;
    return [String(key), name, versions([min, max]), versions(APACHE.get(key)), count === 0 ? '' : String(count)];
  });
  return table(['key', 'API', 'versions', 'Apache Kafka 4.3.1', 'differences'], rows);
}

function differences(): string {
  const rows = REGISTRY.flatMap(({ name }) =>
    (DIFFERENCES[name] ?? []).map(({ what, here, there, why }) => [name, what, here, there, why]),
  );
  return table(['API', 'what', 'here', 'Apache Kafka 4.3.1', 'why'], rows);
}

function notServed(): string {
  return NOT_SERVED.map(({ why, apis: named }) => {
    const names = Object.entries(named).map(([key, name]) => `${name} (${key})`);
    return `- ${why[0]?.toUpperCase()}${why.slice(1)}: ${names.join(', ')}.`;
  }).join('\n');
}

function versions(range: readonly [number, number] | undefined): string {
  return range ? `${range[0]}–${range[1]}` : '';
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
