// html.mjs - takes a page apart as a browser does (the states of the HTML standard that matter here)
// and says what in it could run, or what the attacker has made.
const RAW = /^(script|style|textarea|title|xmp|noscript)$/;
const URLS = /^(href|src|action|formaction|xlink:href|data|poster|background|cite|hx-get|hx-post)$/;

const entities = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&apos;': "'" };
const decode = text => text.replace(/&(#x?[0-9a-f]+|\w+);?/gi, (all, name) => {
  if (name[0] !== '#') return entities[`&${name};`] ?? all;
  const code = /^#x/i.test(name) ? parseInt(name.slice(2), 16) : Number(name.slice(1));
  return code > 0 && code < 0x110000 ? String.fromCodePoint(code) : all;
});

// [{name, attrs: [[name, value]], inside}] of every start tag; `inside` of those whose content is text.
export function tags(html) {
  const found = [];
  let at = 0;
  while ((at = html.indexOf('<', at)) >= 0) {
    if (html.startsWith('<!--', at)) {
      const end = html.indexOf('-->', at);
      at = end < 0 ? html.length : end + 3;
      continue;
    }
    if (!/[a-z]/i.test(html[at + 1] ?? '')) { at += 1; continue; }
    let end = at + 1;
    while (end < html.length && !/[\s/>]/.test(html[end])) end += 1;
    const tag = { name: html.slice(at + 1, end).toLowerCase(), attrs: [], inside: '' };
    at = end;
    for (;;) {
      while (at < html.length && /[\s/]/.test(html[at])) at += 1;
      if (at >= html.length || html[at] === '>') break;
      let stop = at + 1;
      while (stop < html.length && !/[\s/>=]/.test(html[stop])) stop += 1;
      const name = html.slice(at, stop).toLowerCase();
      at = stop;
      while (/\s/.test(html[at] ?? '')) at += 1;
      let value = '';
      if (html[at] === '=') {
        at += 1;
        while (/\s/.test(html[at] ?? '')) at += 1;
        const quote = html[at];
        if (quote === '"' || quote === "'") {
          const close = html.indexOf(quote, at + 1);
          value = html.slice(at + 1, close < 0 ? html.length : close);
          at = close < 0 ? html.length : close + 1;
        } else {
          stop = at;
          while (stop < html.length && !/[\s>]/.test(html[stop])) stop += 1;
          value = html.slice(at, stop);
          at = stop;
        }
      }
      tag.attrs.push([name, decode(value)]);
    }
    at += 1;
    if (RAW.test(tag.name)) {
      const close = html.toLowerCase().indexOf(`</${tag.name}`, at);
      tag.inside = html.slice(at, close < 0 ? html.length : close);
      at = close < 0 ? html.length : close;
    }
    found.push(tag);
  }
  return found;
}

// '' or what in the page is not its own.
export function infected(html) {
  if (/<\/?xpwn/i.test(html)) return `markup: ${html.slice(html.search(/<\/?xpwn/i) - 60).slice(0, 120)}`;
  for (const tag of tags(html)) {
    if (tag.name === 'xpwn') return 'an element of the attacker';
    if (tag.name === 'script' && tag.inside.trim()) return `script in the page: ${tag.inside.slice(0, 80)}`;
    if (tag.name === 'base' || tag.name === 'iframe' || tag.name === 'object' || tag.name === 'embed') return `<${tag.name}>`;
    for (const [name, value] of tag.attrs) {
      if (name.includes('xpwn') || /["'<]/.test(name)) return `an attribute of the attacker in <${tag.name}>: ${name}`;
      if (/^on/.test(name) || name === 'srcdoc' || name === 'hx-on') return `${name} in <${tag.name}>`;
      const url = value.replace(/[\u0000-\u0020]/g, '').toLowerCase();
      if (URLS.test(name) && !/^(\/(?![/\\])|\?|#|$)/.test(url) && !(tag.name === 'a' && /^https:\/\//.test(url)) && !/^data:image\/(png|svg)/.test(url))
        return `${name} of <${tag.name}> leads to ${value.slice(0, 80)}`;
      if (tag.name === 'meta' && name === 'http-equiv') return 'meta http-equiv';
    }
  }
  return '';
}
