// why.mjs - a technology manager looks why something is not among a need's matches, notes whom to call again and
// when; the operator learns from outcomes, goes back to text alone after a second look, makes the index anew.
import assert from 'node:assert/strict';
import { check, main, person } from './lib.mjs';

// The need's page has a field for what is missed; a number or a link will do.
async function why(manager) {
  await manager.goto('/workbench?need_id=1');
  await manager.fill('#why-to', '/patent/83');
  await manager.click('.tb-why-ask button');
  await manager.waitForURL(/\/why\?/);
  assert.ok((await manager.innerText('#lacks-h')).length);
  assert.ok(await manager.locator('.tb-why-bars li').count() > 0, 'something keeps it out');
  assert.ok(await manager.locator('.tb-why-texts mark').count() > 1, 'what they share is marked in both');
  await manager.fill('#why-to', 'nonsense');
  await manager.click('.tb-why-form button');
  assert.ok((await manager.innerText('#why-wrong')).includes('nonsense'));
}

async function note(manager, text, day) {
  await manager.goto('/workbench?need_id=1');
  await manager.locator('a[href*="/form/note.add"]').first().click();
  await manager.waitForURL(/\/form\/note\.add/);
  await manager.fill('[name=text]', text);
  await manager.fill('[name=again_date]', day);
  await manager.click('form[action="/do/note.add"] .btn-primary');
  await manager.waitForURL(/\/workbench\?need_id=1$/);
}

// The next one first; who has called takes it off.
async function again(manager) {
  await note(manager, '等企业报价', '2099-03-01');
  await note(manager, '周五再打', '2099-01-05');
  const rows = manager.locator('.tb-again li');
  assert.equal(await rows.count(), 2);
  assert.ok((await rows.first().innerText()).includes('周五再打'));
  await Promise.all([manager.waitForEvent('load'), rows.first().locator('form[action="/do/note.again"] button').click()]);
  assert.equal(await rows.count(), 1);
}

async function unseen(place) {
  const other = await person(place, { login: 'firm' });
  const reply = await other.goto('/workbench');
  assert.equal(reply.status(), 403);
}

async function models(operator) {
  await operator.goto('/me');
  await operator.click('a[href="/admin/models"]');
  await operator.waitForURL(/\/admin\/models$/);
  await Promise.all([operator.waitForEvent('load'), operator.click('form[action="/do/match.learn"] button')]);
  assert.ok((await operator.innerText('.tb-flash')).length, 'it says what came of it');
  const docs = await operator.innerText('section[aria-labelledby="index-h"] p');
  await Promise.all([operator.waitForEvent('load'), operator.click('form[action="/do/index.rebuild"] button')]);
  assert.ok((await operator.innerText('.tb-flash')).length);
  for (let n = 0; await operator.locator('[role=status]', { hasText: '/' }).count() && n < 50; n++) {
    await operator.waitForTimeout(200);
    await operator.reload();
  }
  assert.equal((await operator.innerText('section[aria-labelledby="index-h"] p')).split('，')[0], docs.split('，')[0]);
}

await main(async place => {
  const manager = await person(place, { login: 'manager' });
  const operator = await person(place, { login: 'operator' });
  await check('why an item is not among the matches', () => why(manager));
  await check('notes come up again in the order of their days', () => again(manager));
  await check('the workbench is not for a firm', () => unseen(place));
  await check('weights are learnt, the index is made anew', () => models(operator));
  await check('nothing went wrong in any page', () => assert.deepEqual([...manager.troubles, ...operator.troubles], []));
});
