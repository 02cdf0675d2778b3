/* SPDX-License-Identifier: BSD-3-Clause */
/* NumPy's RandomState: the same seed gives the same numbers. Matsumoto & Nishimura 1998, Mersenne Twister. */

const [WORDS, MIDDLE] = [624, 397];

class RandomState {
  /* seed: a whole number in [0, 2^32). */
  constructor(seed) {
    this.key = new Uint32Array(WORDS);
    this.key[0] = seed;
    for (let k = 1; k < WORDS; k++) {
      this.key[k] = Math.imul(1812433253, this.key[k - 1] ^ (this.key[k - 1] >>> 30)) + k;
    }
    this.next = WORDS;
  }

  twist() {
    const key = this.key;
    for (let k = 0; k < WORDS; k++) {
      const bits = (key[k] & 0x80000000) | (key[(k + 1) % WORDS] & 0x7fffffff);
      key[k] = key[(k + MIDDLE) % WORDS] ^ (bits >>> 1) ^ (bits & 1 ? 0x9908b0df : 0);
    }
    this.next = 0;
  }

  /* A whole number of 32 bits. */
  bits() {
    if (this.next === WORDS) this.twist();
    let bits = this.key[this.next++];
    bits ^= bits >>> 11;
    bits ^= (bits << 7) & 0x9d2c5680;
    bits ^= (bits << 15) & 0xefc60000;
    return (bits ^ (bits >>> 18)) >>> 0;
  }

  /* A number in [low, high). */
  uniform(low, high) {
    const [first, second] = [this.bits() >>> 5, this.bits() >>> 6];
    return low + ((high - low) * (first * 2 ** 26 + second)) / 2 ** 53;
  }

  /* Shuffles an array in place. */
  shuffle(order) {
    for (let i = order.length - 1; i > 0; i--) {
      const mask = 0xffffffff >>> Math.clz32(i);
      let place = this.bits() & mask;
      while (place > i) place = this.bits() & mask;
      [order[i], order[place]] = [order[place], order[i]];
    }
  }
}
