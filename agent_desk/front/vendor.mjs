// Builds static/vendor/ from the packages named in package-lock.json (npm ci && npm run vendor).
// The result is committed, so that running Jiesu needs no Node; a test rebuilds it and compares.
import { build } from 'esbuild';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const room = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(room, 'node_modules');
const out = process.argv[2] ?? join(room, 'static', 'vendor');

const bundled = ['jssip', 'debug', 'events', 'ms', 'sdp-transform'];

const licenceOf = (name) => {
  const folder = join(modules, name);
  const file = readdirSync(folder).find((f) => /^licen[sc]e/i.test(f));
  const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
};

mkdirSync(out, { recursive: true });
await build({
  entryPoints: [join(room, 'front', 'jssip.mjs')],
  outfile: join(out, 'jssip.js'),
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  target: ['chrome108', 'firefox115'],
  legalComments: 'none',
  banner: { js: '/* JsSIP 3.13.8 and what it needs, MIT: jssip.LICENSE.txt beside this file. Built by front/vendor.mjs. */' },
  logLevel: 'warning',
});
writeFileSync(join(out, 'jssip.LICENSE.txt'), bundled.map(licenceOf).join(`\n${'-'.repeat(78)}\n\n`));
