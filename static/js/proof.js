/* Proof of work: finds the number whose SHA-256, behind a token's id, begins as asked. Runs in a Worker, or on the page
   in short slices where no Worker starts. `crypto.subtle` would need https and is slow for many short texts. */
"use strict";
{
  const K = [], H = [];
  const bits = (x) => ((x % 1) * 2 ** 32) | 0;
  for (let n = 2; K.length < 64; n++) {
    let divisor = 2;
    while (n % divisor) divisor++;
    if (divisor < n) continue;
    if (H.length < 8) H.push(bits(n ** 0.5));
    K.push(bits(n ** (1 / 3)));
  }

  const turn = (x, by) => (x >>> by) | (x << (32 - by));

  // Fills in the rest of one block, and returns the digest's first two words.
  const digest = (w) => {
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15], y = w[i - 2];
      w[i] = (w[i - 16] + w[i - 7] + (turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)) + (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10))) | 0;
    }
    let a = H[0], b = H[1], c = H[2], d = H[3], e = H[4], f = H[5], g = H[6], h = H[7];
    for (let i = 0; i < 64; i++) {
      const t = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
      const u = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + t) | 0; d = c; c = b; b = a; a = (t + u) | 0;
    }
    return [(a + H[0]) | 0, (b + H[1]) | 0];
  };

  // Rests after each 500 numbers; "" when there is none.
  function* search(challenge) {
    const [id, prefix, most] = challenge.split("."), w = new Int32Array(64);
    for (let i = 0; i < 16; i++) w[i >> 2] = (w[i >> 2] << 8) | id.charCodeAt(i);
    w[5] = 1 << 31; // the end of 20 bytes
    w[15] = 160;
    const [first, second] = [0, 8].map((from) => parseInt(prefix.slice(from, from + 8), 16) | 0);
    for (let counter = 0; counter <= most; counter++) {
      w[4] = counter;
      const [one, two] = digest(w);
      if (one === first && two === second) return counter;
      if (counter % 500 === 499) yield;
    }
    return "";
  }

  const run = (challenge, milliseconds, done) => {
    const searching = search(challenge);
    const slice = () => {
      const end = performance.now() + milliseconds;
      let step;
      do step = searching.next(); while (!step.done && performance.now() < end);
      if (step.done) done(step.value);
      else setTimeout(slice);
    };
    slice();
  };

  if (self.document) self.solveOnPage = (challenge, done) => run(challenge, 8, done);
  else self.onmessage = ({ data }) => run(data, Infinity, (counter) => {
    postMessage(counter);
    close();
  });
}
