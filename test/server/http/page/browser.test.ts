import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Browser, chromium } from 'playwright-core';
import { startTestHttp, type TestHttp } from '../../../support/serving/test-http.ts';

const { CHROMIUM: executablePath = '/usr/bin/chromium' } = process.env;
const hasBrowser = existsSync(executablePath);
if (!hasBrowser) {
  console.warn(`the page is not tried in a browser: no ${executablePath}; set CHROMIUM to one`);
}

(hasBrowser ? describe : describe.skip)('the page in Chromium', () => {
  let server: TestHttp;
  let browser: Browser;
  const faults: string[] = [];
  beforeAll(async () => {
    server = await startTestHttp({}, { metrics: () => Promise.resolve('slmrank_items 1\n') });
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  async function open(path = '/') {
    const page = await browser.newPage({ viewport: { width: 390, height: 800 } });
    page.on('console', (message) => {
      if (message.type() === 'error') {
        faults.push(message.text());
      }
    });
    page.on('pageerror', ({ message }) => faults.push(message));
    await page.goto(server.url + path);
    return page;
  }

  test('ranks pasted lines by the keyboard alone, and says why', async () => {
    const page = await open();
    await page.getByLabel('Query').fill('receptionist');
    await page.keyboard.press('Tab');
    const long = 'Greets visitors all day at the front desk. Answers the telephones of the office.';
    await page.keyboard.insertText(`Cooks.\n${long}`);
    await page.keyboard.press('Control+Enter');
    const results = page.locator('.result');
    await results.first().waitFor();
    // The fake pipeline scores a text by its length.
    expect(await results.locator('p').allTextContents()).toMatchObject([
      expect.stringContaining('Greets visitors'),
      expect.stringContaining('Cooks.'),
    ]);
    expect(await results.first().locator('.moved').textContent()).toBe('↑ 1');
    await results.first().getByRole('button', { name: 'why' }).click();
    const marks = results.first().locator('mark.for');
    await marks.first().waitFor();
    expect(await marks.count()).toBe(2);
    expect(faults).toEqual([]);
    await page.close();
  });

  test('shows the sentence of an error', async () => {
    const page = await open();
    await page.getByRole('button', { name: 'Rank' }).click();
    const alert = page.getByRole('alert');
    await alert.waitFor();
    expect(await alert.textContent()).toContain('query is empty');
    faults.length = 0; // The browser logs the status.
    await page.close();
  });

  test('shows the pool', async () => {
    const page = await open('/#pool');
    await page.getByRole('cell', { name: 'ready' }).first().waitFor();
    expect(await page.locator('.chart').count()).toBe(3);
    expect(faults).toEqual([]);
    await page.close();
  });
});
