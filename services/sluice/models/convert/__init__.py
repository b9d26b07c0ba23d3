"""Converters: published weights in, one ONNX file out; the same bytes every time."""
