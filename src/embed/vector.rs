//! A **vector** is what a text means, as a direction: 8-bit numbers, whose length does not matter.

/// A direction. Two vectors of one model are compared by [`Vector::cosine`]; vectors of two models are not comparable.
#[derive(Debug, Clone, PartialEq)]
pub struct Vector {
    numbers: Box<[i8]>,
    /// One over the length of `numbers`.
    scale: f32,
}

impl Vector {
    /// The direction of some numbers; `None` where they have none: all zero, or not finite.
    pub(super) fn towards(numbers: &[f32]) -> Option<Vector> {
        let largest = numbers.iter().fold(0f32, |largest, x| largest.max(x.abs()));
        if !(largest.is_finite() && largest > 0.0) {
            return None;
        }
        let scale = 127.0 / largest;
        Vector::of(numbers.iter().map(|x| (x * scale).round() as i8).collect())
    }

    fn of(numbers: Box<[i8]>) -> Option<Vector> {
        let square = dot(&numbers, &numbers);
        (square > 0).then(|| Vector { scale: 1.0 / (square as f32).sqrt(), numbers })
    }

    /// How alike two directions are: 1 the same, 0 unrelated, -1 opposite. 0 between vectors of different dimensions.
    pub fn cosine(&self, other: &Vector) -> f32 {
        if self.numbers.len() != other.numbers.len() {
            return 0.0;
        }
        (dot(&self.numbers, &other.numbers) as f32 * self.scale * other.scale).clamp(-1.0, 1.0)
    }

    pub fn dimension(&self) -> usize {
        self.numbers.len()
    }

    /// The numbers, of length one together.
    pub fn numbers(&self) -> impl Iterator<Item = f32> {
        self.numbers.iter().map(|&x| f32::from(x) * self.scale)
    }

    pub(super) fn raw(&self) -> &[i8] {
        &self.numbers
    }
}

/// The sum of products. Exact up to 131,000 numbers, where the sum of 128 times 128 would pass an `i32`. Blocks of a fixed length,
/// and products in 16 bits, which hold them, are what the compiler makes fast vector code of: 20 microseconds for 2,048 cells of
/// 128 numbers on an x86-64 without AVX, against 50 of the plain sum.
pub(super) fn dot(a: &[i8], b: &[i8]) -> i32 {
    let product = |a: i8, b: i8| i32::from(i16::from(a) * i16::from(b));
    let ((blocks_a, rest_a), (blocks_b, rest_b)) = (a.as_chunks::<32>(), b.as_chunks::<32>());
    let mut sum = 0;
    for (a, b) in blocks_a.iter().zip(blocks_b) {
        for at in 0..32 {
            sum += product(a[at], b[at]);
        }
    }
    sum + rest_a.iter().zip(rest_b).map(|(&a, &b)| product(a, b)).sum::<i32>()
}
