import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { Aborts } from '#lib/store/aborts.js';

const listeners = ({ signal }: AbortController) => getEventListeners(signal, 'abort').length;

it('tells all who wait for a signal, by one listener', () => {
  const told: string[] = [];
  const aborts = new Aborts<string>((waiting) => told.push(waiting));
  const [stop, other] = [new AbortController(), new AbortController()];
  for (const waiting of ['a', 'b', 'c']) aborts.add(stop.signal, waiting);
  aborts.add(other.signal, 'd');
  expect(listeners(stop)).toBe(1);
  aborts.remove(stop.signal, 'b');
  stop.abort();
  expect(told).toEqual(['a', 'c']);
});

it('leaves a signal alone for which nobody waits any more', () => {
  const told: string[] = [];
  const aborts = new Aborts<string>((waiting) => told.push(waiting));
  const stop = new AbortController();
  for (const waiting of ['a', 'b']) aborts.add(stop.signal, waiting);
  aborts.remove(stop.signal, 'a');
  expect(listeners(stop)).toBe(1);
  for (const waiting of ['b', 'b', 'c']) aborts.remove(stop.signal, waiting);
  expect(listeners(stop)).toBe(0);
  aborts.add(stop.signal, 'e');
  expect(listeners(stop)).toBe(1);
  stop.abort();
  expect(told).toEqual(['e']);
});
