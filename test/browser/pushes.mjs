// pushes.mjs - a firm gets pushes, reads one and rates what it was pushed with the keyboard, one screen after
// another; the office of its city passes the ratings on; the owners of the patents read themes without names.
import assert from 'node:assert/strict';
import { check, main, person } from './lib.mjs';

const FIRM = '江澜栎光新能源有限公司';

// Opening a message reads it, and the push behind it is seen.
async function inbox(firm) {
  await firm.goto('/inbox');
  const bell = firm.locator('.tb-tools .tb-bell-count'), before = Number(await bell.innerText());
  assert.ok(before > 0);
  const first = firm.locator('.tb-inbox .is-unread .tb-open-it').first(), title = (await first.innerText()).replace('未读：', '').trim();
  await first.click();
  await firm.waitForURL(/\/push\/\d+$/);
  assert.equal((await firm.innerText('h1')).trim(), title);
  assert.equal(Number(await bell.innerText()), before - 1);
  await firm.goto('/inbox');
  await firm.click('form[action="/do/message.read"] .btn-primary');
  await firm.waitForURL(/\/inbox\?undo=/);
  assert.equal(await bell.count(), 0, 'all are read');
  await firm.click('.tb-undo button');
  await firm.waitForURL(/\/inbox$/);
  assert.equal(Number(await bell.innerText()), before - 1, 'and unread again');
}

// By keys alone; the next one follows at once.
async function rate(firm, titles) {
  await firm.goto('/evaluate');
  for (let keys = ['1', 'w', 'd']; await firm.locator('form[data-keys]').count(); keys = ['2', 'q', 's']) {
    const title = (await firm.innerText('h1')).trim();
    assert.ok(!titles.includes(title), 'each comes once');
    titles.push(title);
    for (const key of keys)
      await firm.keyboard.press(key);
    assert.equal(await firm.locator('form[data-keys] input:checked').count(), 3);
    await Promise.all([firm.waitForEvent('load'), firm.keyboard.press('Enter')]);
    assert.ok(titles.length < 30);
  }
  assert.ok(titles.length > 0, 'something was to rate');
  assert.ok((await firm.innerText('main')).includes('没有待评价的项目'));
}

async function pass_on(office, titles) {
  await office.goto('/evaluations?state=given');
  let passed = 0;
  for (; await office.locator('form[action="/do/evaluation.pass"] button').count(); passed++) {
    await Promise.all([office.waitForEvent('load'), office.locator('form[action="/do/evaluation.pass"] button').first().click()]);
  }
  assert.equal(passed, titles.length);
}

async function themes(place, titles) {
  let seen = 0;
  for (const login of ['office', 'office2', 'office3']) {
    const owner = await person(place, { login });
    await owner.goto('/feedback');
    const text = await owner.innerText('main');
    seen += titles.filter(title => text.includes(title)).length;
    assert.ok(!text.includes(FIRM), `${login} reads no name`);
    assert.equal((await owner.goto('/evaluations')).status(), 403, 'the ratings themselves are not the owners\' to read');
    await owner.context().close();
  }
  assert.ok(seen > 0, 'an owner reads what was said');
}

await main(async place => {
  const firm = await person(place, { login: 'firm2' }), office = await person(place, { login: 'ipoffice' }), titles = [];
  await check('a message leads to its push; all read, and taken back', () => inbox(firm));
  await check('a firm rates what it was pushed with the keyboard', () => rate(firm, titles));
  await check('the office of its city passes it on', () => pass_on(office, titles));
  await check('owners read themes, no names', () => themes(place, titles));
  await check('nothing went wrong in any page', () => assert.deepEqual([...firm.troubles, ...office.troubles], []));
});
