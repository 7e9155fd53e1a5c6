// What a person would mind on a page: returned as sentences. Runs in the page; axe must be there.
(async () => {
  const found = [];
  const width = document.documentElement.clientWidth;
  const name = (e) => `${e.tagName.toLowerCase()}${e.id ? `#${e.id}` : ''}.${String(e.className.baseVal ?? e.className).split(' ').join('.')} "${(e.textContent ?? '').trim().slice(0, 18)}"`;
  if (document.documentElement.scrollWidth > width + 1) found.push(`page scrolls sideways: ${document.documentElement.scrollWidth} > ${width}`);
  const cut = /\b(one|two|three|q|sr)\b/;
  for (const e of document.querySelectorAll('body *')) {
    if (e.closest('svg, .sr, [hidden], datalist, template')) continue;
    const r = e.getBoundingClientRect();
    if (!r.width || !r.height) continue;
    const style = getComputedStyle(e);
    const sideways = e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 2;
    if (sideways && !/SELECT|INPUT|TEXTAREA/.test(e.tagName) && /hidden|clip/.test(style.overflowX) && !cut.test(e.className) && style.textOverflow !== 'ellipsis') found.push(`cut: ${name(e)} ${e.scrollWidth}>${e.clientWidth}`);
    if (sideways && style.overflowX === 'auto' && e.tagName !== 'TEXTAREA') found.push(`scrolls sideways: ${name(e)} ${e.scrollWidth}>${e.clientWidth}`);
    if (r.right > width + 1 && style.position !== 'fixed') {
      let p = e.parentElement;
      while (p && !/hidden|auto|scroll|clip/.test(getComputedStyle(p).overflowX)) p = p.parentElement;
      if (!p) found.push(`beyond the right edge: ${name(e)}`);
    }
    if (e.matches('button, .btn, input:not([type=radio], [type=checkbox])') && (r.height < 23.5 || r.width < 23.5)) found.push(`target ${r.width.toFixed(0)}×${r.height.toFixed(0)}: ${name(e)}`);
  }
  const text = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (text.nextNode()) {
    const e = text.currentNode.parentElement;
    if (!text.currentNode.textContent.trim() || e.closest('svg, .sr, sup, script, datalist, [hidden]')) continue;
    if (e.getClientRects().length && parseFloat(getComputedStyle(e).fontSize) < 11.9) found.push(`text under 12 px: ${name(e)}`);
  }
  if (document.querySelectorAll('h1').length !== 1) found.push(`h1 × ${document.querySelectorAll('h1').length}`);
  // What passes is not asked for: axe would write down every node of it.
  const audit = await axe.run(document, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] });
  for (const v of audit.violations) for (const n of v.nodes) found.push(`axe ${v.id}: ${n.target.join(' ')} ${n.failureSummary.split('\n').slice(1, 3).join(' ').trim()}`);
  return [...new Set(found)];
})()
