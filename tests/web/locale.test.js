// Figures, times and sizes in the languages of the page.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import {
  brief,
  bytes,
  count,
  decimal,
  listPrice,
  listed,
  seconds,
  soon,
  speed,
  toTheSecond,
  usd,
} from "../../glm_ui/web/parts/locale.js";

/** @param {string} lang */
const speak = (lang) => {
  globalThis.document = /** @type {any} */ ({ documentElement: { lang } });
};
afterEach(() => delete globalThis.document);

/** English as it reads, and the Chinese where it differs. */
const SAID = [
  ["1,234,567", () => count(1_234_566.7)],
  ["1,234.50", () => decimal(1234.5, 2)],
  ["9.4", () => speed(9.42)],
  ["one.png, two.pdf, 3", () => listed(["one.png", "two.pdf", "3"]), "one.png、two.pdf、3"],
  ["one.png", () => listed(["one.png"])],
  ["1,235", () => speed(1234.6)],
  ["4.2 s", () => seconds(4.21), "4.2 秒"],
  ["0.42 s", () => seconds(0.417, 2), "0.42 秒"],
  ["1,234 s", () => seconds(1234.4), "1,234 秒"],
  ["417 ms", () => brief(0.4171), "417 毫秒"],
  ["2.0 s", () => brief(2), "2.0 秒"],
  ["$0", () => usd(null)],
  ["$0.0000021", () => usd(0.0000021)],
  ["$0.00412", () => usd(0.00412)],
  ["$1,234.500", () => usd(1234.5)],
  ["$0.60", () => listPrice(0.6)],
  ["$2.00", () => listPrice(2)],
  ["$0.0035", () => listPrice(0.0035)],
  ["512\u00a0B", () => bytes(512)],
  ["1.5\u00a0KB", () => bytes(1536)],
  ["20\u00a0KB", () => bytes(20_480)],
  ["1,500.0\u00a0MB", () => bytes(1500 * 1024 * 1024)],
  ["14:05:09", () => toTheSecond(new Date(2026, 0, 4, 14, 5, 9))],
  ["00:05:09", () => toTheSecond(new Date(2026, 0, 4, 0, 5, 9))],
  ["Sun 14:05", () => soon(new Date(2026, 0, 4, 14, 5)), "周日14:05"],
];

test("figures, units, costs and times follow the language of the page, one page after another", () => {
  for (let i = 0; i < 2; i++) {
    for (const [language, own] of /** @type {const} */ ([
      ["en", 0],
      ["zh-CN", 2],
    ])) {
      speak(language);
      for (const row of SAID) assert.equal(row[1](), row[own] ?? row[0], `${language}: ${row[1]}`);
    }
  }
});

test("a language whose figures differ is followed too", () => {
  speak("de");
  assert.deepEqual([decimal(1234.5, 1), seconds(2.5), usd(1.5)], ["1.234,5", "2,5 Sek.", "1,500\u00a0$"]);
});

test("the time of today has no day, without a page figures are English", () => {
  const now = new Date();
  const [hours, minutes] = [now.getHours(), now.getMinutes()].map((part) => String(part).padStart(2, "0"));
  assert.equal(soon(now), `${hours}:${minutes}`);
  assert.equal(count(1234), "1,234");
});

test("a formatter is made once for a language", () => {
  speak("en");
  const { NumberFormat } = Intl;
  let made = 0;
  Intl.NumberFormat = /** @type {any} */ (
    class extends NumberFormat {
      /** @param {...any} how */
      constructor(...how) {
        super(...how);
        made++;
      }
    }
  );
  try {
    assert.equal(count(1234), "1,234");
    made = 0;
    for (let i = 0; i < 100; i++) decimal(1000 + i, 7);
    assert.equal(made, 1);
  } finally {
    Intl.NumberFormat = NumberFormat;
  }
});
