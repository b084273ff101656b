// search.mjs - somebody types a few letters and gets words, narrows what was found by its counts, compares
// two results, keeps the search, and is told what came for it.
import assert from 'node:assert/strict';
import { check, main, person } from './lib.mjs';

const box = 'main textarea[name=q]';
const rows = page => page.locator('.tb-suggest:visible li');
const total = async page => Number((await page.innerText('.tb-total')).replace(/\D/g, ''));

// The table of suggestions is made after the start, in its own time.
async function first_words(page) {
  await page.goto('/search');
  for (let tries = 0; tries < 40; tries += 1) {
    await page.fill(box, '');
    await page.locator(box).pressSequentially('dianchi');
    try {
      await rows(page).filter({ hasText: '词' }).first().waitFor({ timeout: 1000 });
      return;
    } catch { /* Not yet. */ }
  }
  assert.fail('no suggestion');
}

async function by_keys(page) {
  assert.equal(await rows(page).first().locator('span').innerText(), '电池');
  await page.keyboard.press('ArrowDown');
  const active = await page.getAttribute(box, 'aria-activedescendant');
  assert.equal(await page.getAttribute(`#${active}`, 'aria-selected'), 'true');
  await page.keyboard.press('Escape');
  assert.equal(await rows(page).count(), 0, 'Escape closes the list and keeps the words');
  assert.equal(await page.inputValue(box), 'dianchi');
  await page.locator(box).pressSequentially(' ');
  await rows(page).first().waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/search\?q=/);
  assert.equal(await page.inputValue(box), '电池');
}

async function in_the_head(page) {
  await page.goto('/patents');
  await page.locator('.tb-head input[name=q]').pressSequentially('yunxi');
  await rows(page).filter({ hasText: '单位' }).first().click();
  await page.waitForURL(/\/org\/\d+$/);
}

async function by_counts(page) {
  await page.goto(`/search?q=${encodeURIComponent('电池')}`);
  const all = await total(page);
  const option = page.locator('.tb-choices li a').first();
  const count = Number(await option.locator('span').innerText());
  assert.ok(count > 0 && count < all);
  await option.click();
  await page.waitForURL(/field=/);
  assert.equal(await total(page), count, 'a count is what one gets');
  const bar = page.locator('.tb-years a').last();
  const year = /\d{4}/.exec(await bar.getAttribute('aria-label'))[0];
  await bar.click();
  await page.waitForURL(url => url.searchParams.get('year') === year);
  assert.equal(await page.locator('.tb-chosen').count(), 2);
  await page.locator('.tb-chosen').first().click();
  await page.waitForURL(url => !url.searchParams.has('field') && url.searchParams.get('year') === year);
  await page.locator('.tb-chosen').click();
  await page.waitForURL(url => !url.searchParams.has('year'));
  assert.equal(await total(page), all);
  const tile = page.locator('.tb-map a').first();
  const there = Number(/(\d+)\D*$/.exec(await tile.getAttribute('aria-label'))[1]);
  await tile.click();
  await page.waitForURL(/region=/);
  assert.equal(await total(page), there);
}

async function no_hits(page) {
  await page.goto(`/search?q=${encodeURIComponent('ranliaodianchi')}`);
  assert.equal(await page.locator('.tb-empty a[href="/form/need.post"]').count(), 1, 'what to do next');
  await page.goto(`/search?q=${encodeURIComponent('电迟 浆料')}`);
  await page.click('.tb-meant a');
  await page.waitForURL(url => url.searchParams.get('q') === '电池 浆料');
}

// A paragraph: the box grows with it, Enter asks, and each hit says why.
async function paragraph(page) {
  const text = '我们的电动叉车冬天在零下十几度充电很慢，硬充几个月以后电池容量就少一截，拆开看负极有析锂，希望不用先烤热就能充。';
  await page.goto('/search');
  const low = (await page.locator(box).boundingBox()).height;
  await page.setViewportSize({ width: 390, height: 844 });
  await page.fill(box, text);
  assert.ok((await page.locator(box).boundingBox()).height > low * 1.5);
  await page.press(box, 'Enter');
  await page.waitForURL(/q=/);
  assert.ok(await page.locator('.tb-rows .tb-tag.r-term').count() > 3);
  await page.setViewportSize({ width: 1440, height: 900 });
}

async function compare(page) {
  await page.goto(`/search?q=${encodeURIComponent('电池')}&kind=patent`);
  await page.locator('.tb-found-end input').nth(0).check();
  await page.locator('.tb-found-end input').nth(1).check();
  await page.click('.tb-compare-go button');
  await page.waitForURL(/\/compare\?ids=.*ids=/);
  assert.equal(await page.locator('.tb-compare thead th').count(), 2);
  assert.ok(await page.locator('.tb-compare tr.is-other').count() > 2);
  await page.click('.tb-compare thead th a >> nth=0');
  await page.locator('#similar-h').waitFor();
  await page.locator('.tb-matches .form-check input').first().check();
  await page.click('form[action="/compare"] .btn');
  await page.waitForURL(/\/compare/);
  assert.equal(await page.locator('.tb-compare thead th').count(), 2);
}

async function keep(place) {
  const firm = await person(place, { login: 'firm' }), office = await person(place, { login: 'office' });
  await firm.goto(`/search?q=${encodeURIComponent('低温 电池 自加热')}`);
  await firm.click('.tb-save summary');
  await firm.fill('#save-name', '自加热');
  await firm.click('.tb-save .btn-primary');
  await firm.waitForURL(/\/searches$/);
  assert.ok((await firm.innerText('.tb-saved')).includes('自加热'));
  await office.goto('/form/achievement.add');
  for (const [name, value] of Object.entries({ title: '低温电池自加热控制软件', intro: '低温下电池先自加热再充电，按温度与电量决定加热电流。' }))
    await office.fill(`[name=${name}]`, value);
  for (const [name, value] of Object.entries({ kind: 'software', field: 'newenergy' })) {
    const list = office.locator(`select[name=${name}]`);
    await (await list.count() ? list.selectOption(value) : office.check(`[name=${name}][value=${value}]`));
  }
  await office.click('main form .btn-primary');
  await office.waitForURL(/\/achievement\/\d+$/);
  const path = new URL(office.url()).pathname;
  for (let tries = 0; tries < 30 && !await firm.locator(`.tb-news[href="${path}"]`).count(); tries += 1) {
    await firm.waitForTimeout(500);
    await firm.goto('/searches');
  }
  assert.equal(await firm.locator(`.tb-news[href="${path}"]`).count(), 1, 'it was told');
  await firm.goto('/me');
  assert.ok((await firm.innerText('a[href="/searches"]')).includes('1'));
  await firm.goto('/searches');
  await firm.click('form[action="/do/search.looked"] button');
  await firm.waitForURL(/\/searches$/);
  assert.equal(await firm.locator('.tb-news').count(), 0);
  assert.deepEqual([...firm.troubles, ...office.troubles], []);
  await firm.context().close();
  await office.context().close();
}

await main(async place => {
  const page = await person(place);
  await check('a few letters of pinyin bring words', () => first_words(page));
  await check('the keys go through them', () => by_keys(page));
  await check('the box of every page has them too', () => in_the_head(page));
  await check('choices by count, year and place, taken off one by one', () => by_counts(page));
  await check('nothing found: what was meant, what to do', () => no_hits(page));
  await check('a paragraph is asked like a word', () => paragraph(page));
  await check('two results side by side, and what is like one', () => compare(page));
  await check('nothing went wrong beside', () => assert.deepEqual(page.troubles, []));
  await check('a kept search is told what came', () => keep(place));
});
