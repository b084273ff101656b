// The check in the browser (ui/static/bundle.js), run by node: the standards' vectors, every bundle of
// a folder, and every way in which a small one can be changed. bundle.mjs FOLDER
import fs from 'node:fs';
import vm from 'node:vm';

vm.runInThisContext(fs.readFileSync(new URL('../../ui/static/bundle.js', import.meta.url), 'utf8'));
const { check, sm3, sha256, hex } = globalThis.techbourse_bundle;
const folder = process.argv[2];
let passed = 0, failed = 0;
const tell = (right, words) => {
  if (right) passed++;
  else { failed++; console.log(`FAILED ${words}`); }
};

// GB/T 32905-2016, annex A; FIPS 180-4, and a million times "a".
const text = words => new TextEncoder().encode(words);
const vectors = [
  [sm3, 'abc', '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0'],
  [sm3, 'abcd'.repeat(16), 'debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732'],
  [sha256, 'abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [sha256, '', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  [sha256, 'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1'],
  [sha256, 'a'.repeat(1e6), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
];
vectors.forEach(([hash, words, want], i) => tell(hex(hash(text(words))) === want, `vector ${i}`));

const files = fs.readdirSync(folder).map(name => [name, new Uint8Array(fs.readFileSync(`${folder}/${name}`))]);
let played = 0;
for (const [name, bytes] of files) {
  const report = await check(bytes);
  tell(report.ok && report.unsigned === 0, `${name}: ${report.why}, entry ${report.n}, line ${report.line}`);
  played += report.played;
}
tell(played > 1000, `${played} answers of ascending lots were worked out`);

const [, small] = files.filter(([name]) => name.startsWith('ascending')).sort((a, b) => a[1].length - b[1].length)[0];
let missed = 0;
for (let i = 0; i < small.length; i++) {
  const turned = small.slice();
  turned[i] ^= 1 << i % 8;
  if ((await check(turned)).ok) missed++;
}
tell(missed === 0, `${missed} turned bytes were not found`);

const lines = new TextDecoder().decode(small).split('\n').slice(0, -1);
const whole = list => text(list.map(line => `${line}\n`).join(''));
for (let i = 0; i < lines.length; i++) {
  const cut = lines.toSpliced ? lines.toSpliced(i, 1) : lines.filter((_, at) => at !== i);
  const doubled = [...lines.slice(0, i + 1), ...lines.slice(i)];
  const moved = lines.slice();
  [moved[i], moved[(i + 1) % lines.length]] = [moved[(i + 1) % lines.length], moved[i]];
  tell(!(await check(whole(cut))).ok, `line ${i + 1} left out`);
  tell(!(await check(whole(doubled))).ok, `line ${i + 1} doubled`);
  tell(!(await check(whole(moved))).ok, `line ${i + 1} moved`);
}

const { hash, entries, key } = await check(small);
tell((await check(small, { n: entries, hash, key })).receipt, 'a receipt and the key');
tell((await check(small, { n: entries - 1, hash })).why === 'verify.bundle_receipt', 'a receipt of another entry');
tell((await check(small, { n: entries + 1, hash })).why === 'verify.bundle_no_entry', 'a receipt of none');
tell((await check(small, { key: '0'.repeat(64) })).why === 'verify.other_key', 'another key');
tell((await check(new Uint8Array(0))).why === 'verify.bundle_none', 'nothing');
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exit(failed ? 1 : 0);
