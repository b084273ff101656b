// showing.mjs - a listing is to be shown on a stage: the page says what is missing and who has to sign; the other
// side signs both papers with its second factor, the operator confirms; a withdrawal takes it back.
import assert from 'node:assert/strict';
import { check, main, person } from './lib.mjs';

const missing = '.tb-flash.k-warn', showing = '/showing/1';

async function state_is(page, state) {
  await page.goto(showing);
  assert.equal((await page.locator('[aria-current=step]').innerText()).trim(), state);
}

async function not_yet(operator) {
  operator.expects = /409/;
  await operator.goto(showing);
  assert.match(await operator.locator(missing).first().innerText(), /2/);
  await operator.click('form[action="/do/showing.ready"] button');
  await operator.waitForSelector('.k-error, .tb-errors');
  await state_is(operator, '征求同意');
}

// A code is taken once: the next paper waits for the next one.
async function sign_next(firm, used) {
  await firm.goto(showing);
  await firm.locator('a[href*="about=showing"]').first().click();
  const code = firm.locator('[data-demo-code]');
  await firm.waitForFunction(old => document.querySelector('[data-demo-code]').innerText !== old, used, { timeout: 45_000 });
  const given = await code.innerText();
  await firm.fill('#i-second_code', given);
  await firm.click('form[action="/do/consent.sign"] .btn-primary');
  await firm.waitForURL(/\/consent\/\d+$/);
  return { given, paper: new URL(firm.url()).pathname };
}

async function ready(operator) {
  await operator.goto(showing);
  assert.equal(await operator.locator(missing).count(), 0, 'nothing is missing');
  await operator.click('form[action="/do/showing.ready"] button');
  await state_is(operator, '可以展示');
}

async function withdraw(firm, paper) {
  await firm.goto(paper);
  await firm.click('form[action="/do/consent.withdraw"] button');
  await firm.click('#ask button[value=yes]');
  await firm.waitForSelector('.tb-state.s-withdrawn');
}

await main(async place => {
  const firm = await person(place, { login: 'firm' }), operator = await person(place, { login: 'operator' });
  const stranger = await person(place, { login: 'firm2', width: 390 });
  let first, second;
  const go = [
    ['the operator cannot confirm while papers are missing', () => not_yet(operator)],
    ['a stranger has none', async () => {
      await stranger.goto('/showings');
      await stranger.waitForSelector('.tb-empty');
      stranger.expects = /404/;
      assert.equal((await stranger.goto(showing)).status(), 404);
    }],
    ['the firm signs the first paper', async () => { first = await sign_next(firm, ''); }],
    ['and the second', async () => { second = await sign_next(firm, first.given); assert.notEqual(second.paper, first.paper); }],
    ['the operator confirms', () => ready(operator)],
    ['the firm withdraws one', () => withdraw(firm, first.paper)],
    ['and it is asked for again', () => state_is(operator, '征求同意')],
    ['no page had an error', () => assert.deepEqual([firm, operator, stranger].flatMap(page => page.troubles), [])],
  ];
  for (const [name, body] of go)
    if (!await check(name, body) && !name.startsWith('no page'))
      break;
});
