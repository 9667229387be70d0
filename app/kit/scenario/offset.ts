import { type Document, isAlias, isMap, isNode, isScalar, isSeq } from 'yaml';
import type { Complaint } from './contradictions.ts';

/** Where in the text of a file a complaint belongs: what is at its path, or as much of the path as there is. */
export function offsetOf(document: Document.Parsed, { path, key }: Pick<Complaint, 'path' | 'key'>): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const step of path) {
    const child: unknown = childOf(isAlias(node) ? node.resolve(document) : node, step);
    const start = startOf(child);
    if (start === undefined) return offset;
    node = child;
    offset = start;
  }
  return (key === undefined ? undefined : startOf(pairOf(node, key)?.key)) ?? offset;
}

function childOf(node: unknown, step: PropertyKey): unknown {
  return isSeq(node) ? node.items[Number(step)] : pairOf(node, step)?.value;
}

function pairOf(node: unknown, key: PropertyKey) {
  return isMap(node)
    ? node.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(key))
    : undefined;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
