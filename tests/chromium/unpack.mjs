// Unpacks what the package carries: node unpack.mjs PACKAGE FOLDER

import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';

const [source, target] = process.argv.slice(2);
for (const name of ['chromium', 'al2023.tar', 'fonts.tar', 'swiftshader.tar']) {
  const from = createReadStream(join(source, 'bin', `${name}.br`));
  await pipeline(from, createBrotliDecompress(), createWriteStream(join(target, name)));
}
