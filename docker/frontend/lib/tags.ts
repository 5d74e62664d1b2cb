import { TAG_MAX, TAGS_MAX } from './api';

/** Tags as people write them, “home, garden” or “#home #garden”, in their order, each once. */
export function parseTags(text: string): string[] {
  const names = text.split(/[,\s]+/).map((name) => name.replace(/^#+/, '').toLowerCase().slice(0, TAG_MAX));
  return [...new Set(names.filter((name) => name !== ''))].slice(0, TAGS_MAX);
}
