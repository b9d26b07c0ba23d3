//! Which instructions this processor has, and a value that proves it.

/// The instructions that a search may use. A value can only be had where the processor has them, so that holding
/// one is what makes calling the functions that need them sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Simd(Level);

/// What a [`Simd`] allows, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Whatever the compiler's target has.
    Scalar,
    /// AVX2 and POPCNT.
    Avx2,
    /// AVX-512 with BW, VL, BITALG and VPOPCNTDQ, and BMI2.
    Avx512,
}

impl Level {
    /// All of them, least first.
    pub const ALL: [Self; 3] = [Self::Scalar, Self::Avx2, Self::Avx512];

    /// What people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }

    fn here(self) -> bool {
        match self {
            Self::Scalar => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("popcnt"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                Self::Avx2.here()
                    && is_x86_feature_detected!("bmi1")
                    && is_x86_feature_detected!("bmi2")
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512bitalg")
                    && is_x86_feature_detected!("avx512vpopcntdq")
            }
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 | Self::Avx512 => false,
        }
    }
}

impl Simd {
    /// The most that this processor has.
    pub fn best() -> Self {
        Self::all().last().copied().unwrap_or(Self(Level::Scalar))
    }

    /// Everything that this processor has, least first.
    pub fn all() -> Vec<Self> {
        Level::ALL.into_iter().filter(|level| level.here()).map(Self).collect()
    }

    /// The one of that name; none where there is no such thing or this processor has it not.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|simd| simd.0.name() == name)
    }

    /// What it allows.
    pub const fn level(self) -> Level {
        self.0
    }
}

/// Asks for the cache line of `slice[index]`. A hint: any index will do.
#[inline(always)]
pub fn prefetch<T>(slice: &[T], index: usize) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: prefetching reads nothing and faults on no address; SSE is part of x86_64.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(slice.as_ptr().wrapping_add(index).cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (slice, index);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalar_is_everywhere_and_the_best_is_among_all() {
        assert_eq!(Simd::named("scalar").map(Simd::level), Some(Level::Scalar));
        assert!(Simd::all().contains(&Simd::best()));
        assert_eq!(Simd::named("mmx"), None);
    }
}
