//! **Layers** are the parts of the related ranking, put on one after another: what each adds is what an ablation shows.

use crate::search::Weights;

use super::EvalError;
use super::tune::Setting;

/// The related ranking with some of its parts switched off.
#[derive(Debug, Clone)]
pub struct Layer {
    pub name: &'static str,
    pub weights: Weights,
}

/// Name of each layer and how the weights in `[related]` begin that it switches on. Weights of no layer belong to the words.
const LAYERS: [(&str, &[&str]); 5] = [
    ("words only", &[]),
    ("+ concepts", &["concept", "kin"]),
    ("+ conflicts", &["conflict"]),
    ("+ patient facts", &["same_patient"]),
    ("+ vectors", &["vector"]),
];

/// The layers from words only to all; the last ranks by the weights as they are.
pub fn layers(weights: &Weights) -> Result<Vec<Layer>, EvalError> {
    let mut layers = Vec::new();
    for (n, (name, _)) in LAYERS.iter().enumerate() {
        let mut weights = weights.clone();
        let off: Vec<&str> = LAYERS[n + 1..].iter().flat_map(|(_, starts)| starts.iter().copied()).collect();
        for setting in Setting::of_section(&weights, "related")? {
            if off.iter().any(|start| setting.key.starts_with(start)) {
                weights = setting.set(&weights, 0.0)?;
            }
        }
        layers.push(Layer { name, weights });
    }
    Ok(layers)
}
