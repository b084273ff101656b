// acting.mjs - a transfer office delegates its listings to a technology manager; he acts for it under a
// bar that every page shows, within the matter alone, until he stops, or the office ends it in the midst.
import assert from 'node:assert/strict';
import { check, main, person } from './lib.mjs';

const NAME = '莫沐岩';

const in_days = days => new Date(Date.now() + days * 24 * 3600 * 1000).toISOString().slice(0, 10);
const bar = page => page.locator('.tb-acting');

async function give(office) {
  await office.goto('/form/delegation.give?back=/unit');
  for (const [name, value] of Object.entries({ to_login: 'manager', to_name: NAME, nouns: 'listing', until_date: in_days(20) }))
    await office.fill(`#i-${name}`, value);
  await office.click('form[action="/do/delegation.give"] .btn-primary');
  await office.waitForURL(/\/unit$/);
  assert.ok((await office.innerText('main')).includes(NAME));
}

async function begin(manager) {
  await manager.goto('/me');
  await manager.click('form[action="/do/delegation.start"] button');
  await manager.waitForURL(url => url.pathname === '/');
}

async function see_bar(manager) {
  for (const path of ['/', '/listings', '/listings?mine=1', '/lots', '/patents', '/needs', '/me', '/people', '/verify']) {
    await manager.goto(path);
    assert.equal(await bar(manager).count(), 1, path);
    const said = await bar(manager).innerText();
    assert.ok(said.includes('佘彦言') && said.includes('挂牌') && said.includes(in_days(20)), `${path}: ${said}`);
  }
}

// What is not the matter is refused in plain words, also when it is posted past the page.
async function keep_to_it(manager) {
  for (const path of ['/deals', '/unit', '/import', '/form/delegation.give', '/me/consents', '/me/tokens']) {
    const reply = await manager.goto(path);
    assert.equal(reply.status(), 403, path);
    assert.equal(await bar(manager).count(), 1, path);
  }
  assert.ok((await manager.innerText('main')).includes('结束代办'));
  await manager.goto('/');
  assert.equal(await manager.locator('.tb-nav a[href="/unit"]').count(), 0, 'what cannot be done is in no menu');
}

// A program does the same with the header of a call.
async function by_header(place) {
  const at = `${place.url}/api/v1`;
  const open = await fetch(`${at}/session/open`, { method: 'POST', body: JSON.stringify({ login: 'manager', password: 'Techbourse-demo' }) });
  const { token } = await open.json();
  const list = async (path, who) => {
    const reply = await fetch(`${at}/${path}`, { headers: { Authorization: `Bearer ${token}`, ...(who ? { 'X-Acting-For': who } : {}) } });
    return [reply.status, await reply.json()];
  };
  const [, own] = await list('listing/list?mine=1'), [, others] = await list('listing/list?mine=1', '1');
  assert.ok(others.total > own.total, 'the unit’s own listings, drafts too');
  assert.deepEqual([(await list('deal/list', '1'))[0], (await list('listing/list', '99'))[0], (await list('listing/list', 'one'))[0]], [403, 403, 400]);
  assert.equal((await list('people/contributions?from_date=2026-01-01&until_date=2026-01-02'))[0], 200, 'the next call is his own again');
}

async function stop(manager) {
  await manager.goto('/listings');
  await bar(manager).locator('button').click();
  await manager.waitForURL(/\/me$/);
  assert.equal(await bar(manager).count(), 0);
}

// A page that was open when he began is void: its form would be sent in another name.
async function stale_form(manager) {
  const other = await manager.context().newPage();
  await other.goto('/me');
  await begin(manager);
  await other.click('form[action="/do/account.edit"] .btn-primary');
  assert.ok((await other.innerText('main')).includes('页面已过期'));
  await other.close();
}

async function ended_in_the_midst(office, manager) {
  await manager.goto('/listings');
  const csrf = await manager.getAttribute('body', 'data-csrf');
  await office.goto('/unit');
  await office.click('form[action="/do/delegation.end"] button');
  await office.click('#ask button[value="yes"]');
  await office.waitForURL(/\/unit$/);
  const reply = await manager.request.post('/do/profile.edit', { form: { csrf, kind: 'manager', industry: 'ai', back: '/me/profile' }, maxRedirects: 0 });
  assert.equal(reply.status(), 409, 'nothing is done in his own name before he has seen it');
  await manager.goto('/listings');
  assert.ok((await bar(manager).innerText()).includes('已终止'));
  await bar(manager).locator('button').click();
  await manager.waitForURL(/\/me$/);
  assert.equal(await bar(manager).count(), 0);
}

await main(async place => {
  const office = await person(place, { login: 'office' }), manager = await person(place, { login: 'manager', width: 390 });
  manager.expects = /status of 4\d\d|^4\d\d /;
  await check('an office delegates its listings', () => give(office));
  await check('the manager begins to act for it', () => begin(manager));
  await check('every page says for whom, in what, until when', () => see_bar(manager));
  await check('other matters, his own papers and passing it on are refused', () => keep_to_it(manager));
  await check('a program acts by the header of one call', () => by_header(place));
  await check('he stops, and is himself', () => stop(manager));
  await check('a form from before he began is void', () => stale_form(manager));
  await check('it ends at once when the office ends it', () => ended_in_the_midst(office, manager));
  await check('nothing went wrong in any page', () => assert.deepEqual([...office.troubles, ...manager.troubles], []));
});
