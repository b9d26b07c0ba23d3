// What readers of C2PA that are not the signer's own say about some pictures, one JSON line each:
//
//   node verify.mjs root.pem picture.jpg picture.png
//   {"reader":"c2pa-wasm","file":"picture.jpg","good":true,"codes":[]}
//
// c2pa-wasm is the reference reader in another build, without OpenSSL: it checks the chain of trust as well.
// c2pa-ts shares no code with it: it checks hashes and signature, of JPEG, PNG and the ISO formats.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, extname } from 'node:path';
import init, { WasmReader } from '@contentauth/c2pa-wasm';
import { BMFF, JPEG, PNG } from '@trustnxt/c2pa-ts/asset';
import { SuperBox } from '@trustnxt/c2pa-ts/jumbf';
import { ManifestStore } from '@trustnxt/c2pa-ts/manifest';

const TYPES = {
  '.jpg': 'image/jpeg', '.png': 'image/png', '.webp': 'image/webp',
  '.gif': 'image/gif', '.tiff': 'image/tiff', '.avif': 'image/avif', '.heic': 'image/heic',
};

async function withWasm(bytes, file, settings) {
  let reader;
  try {
    reader = await WasmReader.fromBytes(TYPES[extname(file)], new Uint8Array(bytes), settings);
  } catch (error) {
    return { good: false, codes: [String(error).split(/[:(]/)[0]] };
  }
  const found = JSON.parse(reader.json());
  reader.free();
  const codesOf = (results) => (results.failure ?? []).map((each) => each.code);
  const codes = codesOf(found.validation_results.activeManifest);
  if (found.validation_state === 'Invalid') {
    const deltas = found.validation_results.ingredientDeltas ?? [];
    codes.push(...deltas.flatMap((each) => codesOf(each.validationDeltas)));
  }
  return { good: found.validation_state === 'Trusted' && codes.length === 0, codes };
}

async function withTs(bytes) {
  const kind = [JPEG, PNG, BMFF].find((each) => each.canRead(bytes));
  if (!kind) return null;
  let result;
  try {
    const asset = new kind(bytes);
    const store = asset.getManifestJUMBF();
    if (!store) return { good: false, codes: ['no manifest'] };
    result = await ManifestStore.read(SuperBox.fromBuffer(store)).validate(asset);
  } catch {
    return { good: false, codes: ['unreadable'] };
  }
  const codes = result.statusEntries.filter((each) => !each.success).map((each) => each.code);
  return { good: result.isValid && codes.length === 0, codes };
}

const [anchorFile, ...files] = process.argv.slice(2);
const settings = JSON.stringify({
  version: 1,
  trust: { trust_anchors: await readFile(anchorFile, 'utf8') },
  verify: { verify_trust: true, remote_manifest_fetch: false },
});
const wasm = createRequire(import.meta.url).resolve('@contentauth/c2pa-wasm/c2pa.wasm');
await init({ module_or_path: await readFile(wasm) });
for (const file of files) {
  const bytes = await readFile(file);
  const answers = { 'c2pa-wasm': await withWasm(bytes, file, settings), 'c2pa-ts': await withTs(bytes) };
  for (const [reader, answer] of Object.entries(answers)) {
    if (answer) console.log(JSON.stringify({ reader, file: basename(file), ...answer }));
  }
}
