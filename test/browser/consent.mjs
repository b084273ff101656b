// consent.mjs - a firm meets the gate of the agreement, signs with its second factor, takes the paper along;
// a stranger checks it; it is withdrawn; and what is kept about a person is shown to that person.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, command, main, person } from './lib.mjs';

const need = {
  '#i-title': '阀门在低温下渗漏，找不到原因',
  '#i-problem': '液氮管路的阀门在零下一百八十度反复开合后渗漏，换过三种填料都不行，希望有人看一看密封面的设计。',
  '#i-amount_fen': '20万',
  '#i-valid_until_date': '2030-12-31',
};

async function post_need(firm) {
  await firm.goto('/form/need.post');
  for (const [input, value] of Object.entries(need))
    await firm.fill(input, value);
  await firm.locator('input[name=cooperation]').first().check();
  await firm.selectOption('#i-field', { index: 4 });
  await firm.click('.tb-submit .btn-primary');
}

async function refused_at_the_gate(firm) {
  firm.expects = /409/;
  await post_need(firm);
  await firm.waitForSelector('.tb-errors');
  assert.match(await firm.locator('.tb-errors').innerText(), /委托服务协议/);
  await firm.goto('/me/unit');
  await firm.click('a[href="/consent/sign/agreement"]');
  await firm.waitForURL(/\/consent\/sign\/agreement$/);
  assert.ok(await firm.locator('.tb-paper section p').count() >= 5, 'the text is there to be read');
}

async function wrong_code(firm) {
  firm.expects = /400/;
  await firm.fill('#i-second_code', '000000');
  await firm.click('form[action="/do/consent.sign"] .btn-primary');
  await firm.waitForSelector('.tb-errors');
  assert.equal(await firm.locator('#i-second_code').inputValue(), '');
  await firm.goto('/me/consents');
  assert.equal(await firm.locator('a[href^="/consent/"]:not([href^="/consent/sign"]):not([href="/consent/verify"])').count(), 0);
}

async function sign(firm) {
  await firm.goto('/consent/sign/agreement');
  await firm.fill('#i-second_code', await firm.locator('[data-demo-code]').innerText());
  await firm.click('form[action="/do/consent.sign"] .btn-primary');
  await firm.waitForURL(/\/consent\/\d+$/);
  await firm.waitForSelector('.tb-state.s-valid');
  return new URL(firm.url()).pathname;
}

async function take_paper(firm, folder) {
  const [file] = await Promise.all([firm.waitForEvent('download'), firm.click('a[href$="/paper.pdf"]')]);
  assert.match(file.suggestedFilename(), /^C\d{8}-[0-9A-F]{10}\.pdf$/);
  const bytes = readFileSync(await file.path());
  assert.equal(bytes.subarray(0, 5).toString(), '%PDF-');
  const hash = createHash('sha256').update(bytes).digest('hex');
  assert.ok((await firm.locator('.tb-mono').first().innerText()).includes(hash), 'the page says the hash of these bytes');
  const path = join(folder, 'paper.pdf'), forged = join(folder, 'forged.pdf');
  writeFileSync(path, bytes);
  writeFileSync(forged, Buffer.concat([bytes, Buffer.from(' ')]));
  return [path, forged];
}

async function check_file(reader, path, state) {
  await reader.goto('/consent/verify');
  await reader.setInputFiles('#i-file', path);
  await reader.click('form[action="/do/consent.check"] .btn-primary');
  await reader.waitForSelector('#result');
  assert.match(await reader.locator('#result').innerText(), state);
}

async function check_alone(place, path, status) {
  let ended = 0;
  try { command('consent', 'verify', path, '--data', place.data); } catch (error) { ended = Number(/status (\d)/.exec(error.message)[1]); }
  assert.equal(ended, status);
}

async function withdraw(firm, paper) {
  await firm.goto(paper);
  await firm.fill('#i-reason', '改由集团签署');
  await firm.click('form[action="/do/consent.withdraw"] button');
  await firm.click('#ask button[value=yes]');
  await firm.waitForSelector('.tb-state.s-withdrawn');
  await firm.goto('/me/unit');
  assert.ok(await firm.locator('a[href="/consent/sign/agreement"]').count(), 'the gate is shut again');
}

async function own_data(firm) {
  await firm.goto('/me/data');
  const [file] = await Promise.all([firm.waitForEvent('download'), firm.click('a[download="my-data.json"]')]);
  const data = JSON.parse(readFileSync(await file.path(), 'utf8'));
  assert.ok(data.account.name && data.tables.some(table => table.name === 'consent'));
  assert.ok(!JSON.stringify(data).includes('argon2'));
  await firm.click('form[action="/do/me.push"] button');
  await firm.waitForSelector('.k-done');
  await firm.reload();
  assert.match(await firm.locator('section', { has: firm.locator('#push-h') }).innerText(), /已关闭/);
}

await main(async place => {
  const firm = await person(place, { login: 'firm5' }), watcher = await person(place, { width: 390 });
  let paper = '', files = [];
  const go = [
    ['a unit without the agreement is told where to sign', () => refused_at_the_gate(firm)],
    ['a wrong code signs nothing', () => wrong_code(firm)],
    ['the firm signs with its second factor', async () => { paper = await sign(firm); }],
    ['and takes the paper along', async () => { files = await take_paper(firm, place.data); }],
    ['a stranger finds it valid', () => check_file(watcher, files[0], /有效/)],
    ['and a changed one unknown', () => check_file(watcher, files[1], /未找到/)],
    ['so does the command line, without the server', async () => { await check_alone(place, files[0], 0); await check_alone(place, files[1], 4); }],
    ['the paper is not a stranger\'s to read', async () => {
      watcher.expects = /401|403|404/;
      assert.notEqual((await watcher.request.get(`${paper}/paper.pdf`)).headers()['content-type'], 'application/pdf');
    }],
    ['the firm takes part now', async () => { await post_need(firm); await firm.waitForURL(/\/need\/\d+$/); }],
    ['it is withdrawn with a click', () => withdraw(firm, paper)],
    ['which everybody can see', () => check_file(watcher, files[0], /撤回/)],
    ['on the command line too', () => check_alone(place, files[0], 6)],
    ['a person sees and takes along what is kept about him', () => own_data(firm)],
    ['no page had an error', () => assert.deepEqual([firm, watcher].flatMap(page => page.troubles), [])],
  ];
  for (const [name, body] of go)
    if (!await check(name, body) && !name.startsWith('no page'))
      break;
});
