import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { digestOf, KeyFilter } from '#lib/format/key-filter.js';

const digest = (text: string) =>
  digestOf(createHash('sha256').update(text).digest('hex').slice(0, 24));

describe('A filter of keys', () => {
  it.each([0, 1, 2, 10, 1_000, 50_000])('of %i keys knows them all, and few others', (count) => {
    const filter = KeyFilter.for(count);
    for (let at = 0; at < count; at++) filter.add(digest(`known ${at}`));
    const read = new KeyFilter(Buffer.from(Buffer.from(filter.bytes).toString('base64'), 'base64'));
    for (let at = 0; at < count; at++) expect(read.mayHave(digest(`known ${at}`))).toBe(true);
    let strangers = 0;
    for (let at = 0; at < 5_000; at++) if (read.mayHave(digest(`other ${at}`))) strangers++;
    expect(strangers).toBeLessThan(5_000 * 0.03);
  });

  it('reads a digest as two numbers, the second of them odd', () => {
    expect(digestOf('ffffffff00000000aabbccdd')).toEqual({
      ...{ hex: 'ffffffff00000000aabbccdd', first: 0xffffffff, second: 1 },
    });
    expect(digestOf('00000001fffffffeaabbccdd')).toMatchObject({ first: 1, second: 0xffffffff });
  });
});
