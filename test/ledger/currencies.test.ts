import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { currencyDigits } from '#lib/ledger/currencies.js';

// Codes that JavaScript still knows although ISO 4217 has withdrawn them, or that have no minor unit.
const NOT_ACTIVE = ['ANG', 'BGN', 'CUC', 'HRK', 'SLL', 'XSU', 'ZWL'];

describe('The currencies', () => {
  it('are the 165 active codes of ISO 4217 (amendment 180) that have a minor unit, each once', () => {
    expect(currencyDigits().size).toBe(165);
    const codes = [...currencyDigits().keys()];
    expect(codes).toEqual([...new Set(codes)].sort());
    expect(codes.filter((code) => !/^[A-Z]{3}$/.test(code))).toEqual([]);
  });

  it('stand in the table once each: a second line would win in silence', () => {
    const source = readFileSync(new URL('../../lib/ledger/currencies.ts', import.meta.url), 'utf8');
    const table = source.slice(source.indexOf('CODES_BY_DIGITS'), source.indexOf('];'));
    expect(table.match(/\b[A-Z]{3}\b/g)?.sort()).toEqual([...currencyDigits().keys()]);
  });

  it.each(
    Object.entries({
      ...{ BIF: 0, CLP: 0, ISK: 0, JPY: 0, KRW: 0, PYG: 0, RWF: 0, UGX: 0, UYI: 0, VND: 0 },
      ...{ XAF: 0, XOF: 0, XPF: 0 },
      ...{ USD: 2, EUR: 2, CZK: 2, GBP: 2, CHF: 2, HUF: 2, IDR: 2, COP: 2, CRC: 2, TWD: 2 },
      ...{ LBP: 2, IRR: 2, RSD: 2, ALL: 2, AFN: 2, MMK: 2, MGA: 2, MRU: 2, PKR: 2, UZS: 2 },
      ...{ SLE: 2, VED: 2, VES: 2, XCG: 2, ZWG: 2, STN: 2, XAD: 2 },
      ...{ BHD: 3, IQD: 3, JOD: 3, KWD: 3, LYD: 3, OMR: 3, TND: 3 },
      ...{ CLF: 4, UYW: 4 },
    }),
  )('%s has %i digits', (code, digits) => {
    expect(currencyDigits().get(code)).toBe(digits);
  });

  it.each(['XXX', 'XTS', 'XAU', 'XAG', 'XDR', 'XUA', ...NOT_ACTIVE, 'BTC', 'usd', ''])(
    '%j is none',
    (code) => {
      expect(currencyDigits().has(code)).toBe(false);
    },
  );

  it('leave out nothing that JavaScript knows, but what is withdrawn', () => {
    const known = Intl.supportedValuesOf('currency');
    const missing = known.filter((code) => !currencyDigits().has(code));
    expect(missing.filter((code) => !NOT_ACTIVE.includes(code) && !/^X..$/.test(code))).toEqual([]);
  });
});
