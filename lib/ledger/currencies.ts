/**
 * ISO 4217 up to amendment 180: the active codes that have a minor unit, with its digits.
 * Our own table, never `Intl`: its digits differ for HUF, COP, IDR, IQD and more.
 * Funds and metals without a minor unit (XAU, XDR, XTS, XXX …) are left out: nobody can pay with them.
 */
const CODES_BY_DIGITS = [
  'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  '',
  `AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF
   CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
   GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL
   MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR
   PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP
   TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG`,
  'BHD IQD JOD KWD LYD OMR TND',
  'CLF UYW',
];

let made: ReadonlyMap<string, number> | undefined;

/** Minor-unit digits by currency code, for example `USD` → 2, `JPY` → 0. Made when it is first asked for. */
export function currencyDigits(): ReadonlyMap<string, number> {
  made ??= new Map(
    CODES_BY_DIGITS.flatMap((codes, digits) =>
      codes.split(/\s+/).flatMap((code): [string, number][] => (code ? [[code, digits]] : [])),
    ).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  return made;
}
