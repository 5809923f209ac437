import type { Bank } from 'drovebank';
import { describe, expect, it } from 'vitest';
import { newBank, openFunded } from './new-bank.js';

const LOOPS: Record<string, (bank: Bank, id: string) => Promise<unknown>> = {
  balance: (bank, id) => bank.balance(id),
  deposit: (bank, id) => bank.deposit(id, '0.01'),
  'a refused withdrawal': (bank, id) => bank.withdraw(id, '9999.00').catch(() => {}),
  history: (bank, id) => bank.history(id, { reverse: true, limit: 1 }).page(),
  totals: (bank) => bank.totals(),
  verify: (bank) => bank.verify(),
};

describe('who asks again and again', () => {
  it.each(Object.keys(LOOPS))(
    'still lets timers and sockets of the process in: %s',
    async (verb) => {
      const bank = await newBank();
      const [a = ''] = await openFunded(bank, '10.00');
      let turned = false;
      setImmediate(() => {
        turned = true;
      });
      let asked = 0;
      while (!turned && asked++ < 5_000) await LOOPS[verb]?.(bank, a);
      expect(turned).toBe(true);
    },
  );
});
