// joining.mjs - a unit applies to join, is sent back by the department of its place, mends what was
// wrong, is let in among others at once, signs in and opens accounts for its people; two first
// passwords that are shown are the ones that hold.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { check, main, person } from './lib.mjs';

const PASSWORD = 'Correct-Horse-7';
const CODE = '91325106YY30005097';       // Of no unit: YY is not given out; both checks hold.

async function errors_of(page) {
  return page.locator('.tb-errors li').allInnerTexts();
}

async function fill_application(page, over = {}) {
  const given = { name: '云溪听澜传感器有限公司', code: CODE, division: '325106', city: '云溪市', person: '佘听澜',
    phone: '13900000093', login: 'tinglan', password: PASSWORD, ...over };
  await page.selectOption('#i-kind', 'firm');
  for (const [name, value] of Object.entries(given))
    await page.fill(`#i-${name}`, value);
  await page.click('form[action="/do/joining.apply"] .btn-primary');
}

async function apply(stranger) {
  await stranger.goto('/join');
  await fill_application(stranger, { code: `${CODE.slice(0, 17)}A`, phone: '12' });
  assert.equal((await errors_of(stranger)).length, 2, 'both errors are told at once');
  assert.equal(await stranger.inputValue('#i-name'), '云溪听澜传感器有限公司', 'what was typed stays');
  assert.equal(await stranger.inputValue('#i-password'), '', 'but for the password');
  await fill_application(stranger);
  const claim = await stranger.locator('[data-once]').innerText();
  assert.match(claim, /^[0-9a-f]{4}(-[0-9a-f]{4}){4}$/);
  await stranger.goto('/join');
  await fill_application(stranger, { login: 'again' });
  assert.equal((await errors_of(stranger)).length, 1, 'a code applies once');
  return claim;
}

async function send_back(department) {
  await department.goto('/joinings');
  await department.click('text=云溪听澜传感器有限公司');
  assert.ok((await department.innerText('main')).includes('139****0093'), 'masked at first');
  await department.click('a[href$="?full=1"]');
  assert.ok((await department.innerText('main')).includes('13900000093'), 'in full when asked');
  await department.fill('#why', '名称与营业执照不一致');
  await department.click('form[action="/do/joining.return"] button:not(.btn-danger)');
  await department.waitForURL(/\/joining(s|\/\d+)$/);
}

async function mend(stranger, claim) {
  await stranger.goto('/join/status');
  await stranger.fill('#i-claim', claim.toUpperCase());
  await stranger.click('form[action="/do/joining.status"] .btn-primary');
  const text = await stranger.innerText('main');
  assert.ok(text.includes('名称与营业执照不一致'), text);
  assert.ok(!stranger.url().includes(claim.slice(0, 4)), 'the code stands in no address');
  await stranger.fill('#i-name', '云溪听澜传感技术有限公司');
  await stranger.click('form[action="/do/joining.resubmit"] .btn-primary');
  assert.ok((await stranger.innerText('main')).includes('云溪听澜传感技术有限公司'));
}

async function approve_chosen(department) {
  await department.goto('/joinings');
  const rows = await department.locator('tbody tr').count();
  assert.ok(rows >= 2, 'the demonstration has one that waits, and ours');
  await department.click('[data-act="pick-all"]');
  await department.click('form#pick .btn-primary');
  await department.click('#ask button[value="yes"]');
  await department.waitForURL(/\/joinings$/);
  assert.equal(await department.locator('tbody tr').count(), 0);
}

async function sign_in_as(page, login, password) {
  await page.goto('/signin');
  await page.fill('#i-login', login);
  await page.fill('#i-password', password);
  await page.click('form[action="/do/session.open"] button');
}

async function open_accounts(firm) {
  await sign_in_as(firm, 'tinglan', PASSWORD);
  await firm.goto('/unit/add');
  await firm.fill('#i-text', '姓名\t登录名\t角色\n钟一\ttl.one\t企业\n钟二\ttl.two\t企业\n钟三\ttl.three\t厨师');
  await firm.click('form[action="/do/people.accounts_add"] .btn-primary');
  const rows = await firm.locator('tbody tr').allInnerTexts();
  assert.equal(rows.length, 3, 'every row is accounted for');
  const [download] = await Promise.all([firm.waitForEvent('download'), firm.click('a[download]')]);
  const lines = readFileSync(await download.path(), 'utf8').replace(/^\uFEFF/, '').trim().split('\r\n');
  assert.equal(lines.length, 4);
  const password = lines[1].split(',')[4].replace(/"/g, '');
  assert.equal(password.length, 19);
  assert.ok(rows[0].includes(password), 'the file says what the page says');
  return password;
}

async function first_sign_in(colleague, password) {
  await sign_in_as(colleague, 'tl.one', password);
  await colleague.waitForURL(/\/me\/password/);
}

await main(async place => {
  const stranger = await person(place), department = await person(place, { login: 'department' });
  stranger.expects = /status of 4\d\d|^4\d\d /;
  let claim, password;
  await check('a unit applies; wrong fields are told, the claim code once', async () => { claim = await apply(stranger); });
  await check('the department of its place sends it back', () => send_back(department));
  await check('the applicant mends it with the claim code', () => mend(stranger, claim));
  await check('several are approved at once', () => approve_chosen(department));
  const firm = await person(place), colleague = await person(place, { width: 390 });
  await check('the new unit signs in and opens accounts in bulk', async () => { password = await open_accounts(firm); });
  await check('a first password holds and must be changed', () => first_sign_in(colleague, password));
  await check('nothing went wrong in any page', () => {
    const seen = [stranger, department, firm, colleague].flatMap(page => page.troubles);
    assert.deepEqual(seen, []);
  });
});
