//! **Cells** of the coarse quantiser: each vector lies in the cell of the centroid nearest to it. To find that centroid without comparing
//! all of them, centroids lie in groups around some fifty of their own, and only those of the nearest groups are compared.

use super::vector::dot;

/// Centroids with one over each one's length.
#[derive(Debug, Clone, Copy)]
pub(super) struct Centroids<'c> {
    pub numbers: &'c [i8],
    pub scales: &'c [f32],
    pub dimension: usize,
}

impl Centroids<'_> {
    /// Cosine with a vector, up to the vector's own length.
    fn nearness(&self, cell: u32, vector: &[i8]) -> f32 {
        let at = cell as usize * self.dimension;
        dot(&self.numbers[at..at + self.dimension], vector) as f32 * self.scales[cell as usize]
    }

    fn len(&self) -> usize {
        self.scales.len()
    }
}

/// Which centroids lie together.
#[derive(Debug)]
pub(super) struct Groups {
    /// For each the centroid in its middle, and all of its centroids.
    groups: Vec<(u32, Vec<u32>)>,
}

/// Groups looked into, beside one for each probe.
const MORE_GROUPS: usize = 3;

impl Groups {
    /// About as many groups as each has centroids, around centroids at even distances in the table.
    pub fn of(centroids: Centroids<'_>) -> Groups {
        let count = (centroids.len() as f64).sqrt().ceil() as usize;
        let middles = (0..count).map(|n| (n * centroids.len() / count.max(1)) as u32);
        let mut groups: Vec<(u32, Vec<u32>)> = middles.map(|middle| (middle, Vec::new())).collect();
        for cell in 0..centroids.len() as u32 {
            let at = cell as usize * centroids.dimension;
            let vector = &centroids.numbers[at..at + centroids.dimension];
            let nearest = (0..groups.len()).max_by(|&a, &b| {
                let of = |group: usize| centroids.nearness(groups[group].0, vector);
                of(a).total_cmp(&of(b)).then(b.cmp(&a))
            });
            if let Some(nearest) = nearest {
                groups[nearest].1.push(cell);
            }
        }
        Groups { groups }
    }

    /// The cells nearest to a vector, at most `probes`, nearest first.
    pub fn nearest(&self, centroids: Centroids<'_>, vector: &[i8], probes: usize) -> Vec<u32> {
        let by_nearness = |a: &(f32, u32), b: &(f32, u32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        let mut groups: Vec<(f32, u32)> =
            self.groups.iter().zip(0..).map(|((middle, _), n)| (centroids.nearness(*middle, vector), n)).collect();
        groups.sort_unstable_by(by_nearness);
        let looked_into = groups.iter().take(probes.saturating_add(MORE_GROUPS)).flat_map(|&(_, n)| &self.groups[n as usize].1);
        let mut cells: Vec<(f32, u32)> = looked_into.map(|&cell| (centroids.nearness(cell, vector), cell)).collect();
        if probes < cells.len() {
            cells.select_nth_unstable_by(probes - 1, by_nearness);
            cells.truncate(probes);
        }
        cells.sort_unstable_by(by_nearness);
        cells.into_iter().map(|(_, cell)| cell).collect()
    }
}
