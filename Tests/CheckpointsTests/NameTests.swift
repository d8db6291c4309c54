import Checkpoints
import Tensors
import TestKit
import Testing

struct NameTests {
  @Test func `official names go to Hugging Face's and come back`() throws {
    let official = try golden("sam_micro.pth")
    let face = try official.withHuggingFaceNames()
    #expect(face.names.count == official.names.count + 1)
    #expect(face.contains(HuggingFaceNames.sharedCopy))
    for prefix in ["image_encoder", "blocks", ".norm"] {
      #expect(!face.names.contains { $0.contains(prefix) }, "\(prefix)")
    }
    let back = try face.withOfficialNames()
    #expect(back.names == official.names)
    for name in back.names { #expect(try back.tensor(name) == official.tensor(name)) }
  }

  @Test(arguments: [
    ("image_encoder.pos_embed", "vision_encoder.pos_embed"),
    ("image_encoder.patch_embed.proj.weight", "vision_encoder.patch_embed.projection.weight"),
    ("image_encoder.blocks.31.norm1.bias", "vision_encoder.layers.31.layer_norm1.bias"),
    ("image_encoder.blocks.31.attn.rel_pos_h", "vision_encoder.layers.31.attn.rel_pos_h"),
    ("image_encoder.neck.3.weight", "vision_encoder.neck.layer_norm2.weight"),
    ("prompt_encoder.mask_downscaling.6.bias", "prompt_encoder.mask_embed.conv3.bias"),
    ("prompt_encoder.point_embeddings.2.weight", "prompt_encoder.point_embed.2.weight"),
    ("prompt_encoder.not_a_point_embed.weight", "prompt_encoder.not_a_point_embed.weight"),
    (
      "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix",
      "prompt_encoder.shared_embedding.positional_embedding"
    ),
    ("mask_decoder.output_upscaling.3.weight", "mask_decoder.upscale_conv2.weight"),
    (
      "mask_decoder.iou_prediction_head.layers.0.bias",
      "mask_decoder.iou_prediction_head.proj_in.bias"
    ),
    (
      "mask_decoder.iou_prediction_head.layers.1.bias",
      "mask_decoder.iou_prediction_head.layers.0.bias"
    ),
    (
      "mask_decoder.iou_prediction_head.layers.2.bias",
      "mask_decoder.iou_prediction_head.proj_out.bias"
    ),
    (
      "mask_decoder.output_hypernetworks_mlps.3.layers.2.weight",
      "mask_decoder.output_hypernetworks_mlps.3.proj_out.weight"
    ),
    (
      "mask_decoder.transformer.layers.1.norm4.weight",
      "mask_decoder.transformer.layers.1.layer_norm4.weight"
    ),
    (
      "mask_decoder.transformer.norm_final_attn.weight",
      "mask_decoder.transformer.layer_norm_final_attn.weight"
    ),
    (
      "mask_decoder.transformer.layers.0.mlp.lin1.weight",
      "mask_decoder.transformer.layers.0.mlp.lin1.weight"
    ),
  ])
  func `each rule of the table holds both ways`(official: String, face: String) {
    let heads = ["iou_prediction_head", "output_hypernetworks_mlps.3"]
    let table = HuggingFaceNames(heads.map { "mask_decoder.\($0).layers.2.weight" })
    #expect(table.huggingFace(official) == face)
    let faces = heads.flatMap { head in
      ["proj_in", "layers.0", "proj_out"].map { "mask_decoder.\(head).\($0).weight" }
    }
    #expect(HuggingFaceNames(faces).official(face) == official)
  }

  @Test(arguments: [1, 2, 3, 5])
  func `heads of other depths keep their order`(depth: Int) {
    let official = (0..<depth).map { "mask_decoder.iou_prediction_head.layers.\($0).weight" }
    let table = HuggingFaceNames(official)
    let faces = official.map { table.huggingFace($0) }
    if depth > 1 {
      #expect(HuggingFaceNames(faces).official(faces[depth - 1]) == official[depth - 1])
    }
    #expect(Set(faces).count == depth)
    #expect(faces.first?.hasSuffix("proj_in.weight") == true)
  }

  @Test func `SAMed's adapter goes to our names and back`() throws {
    let samed = try Checkpoint(contentsOf: Goldens.path("training/samed_lora_final.pth"))
    let ours = try samed.withAdapterNames()
    #expect(try ours.tensor("image_encoder.blocks.1.attn.qkv.v.lora_B") == samed.tensor("w_b_003"))
    #expect(try ours.tensor("image_encoder.blocks.0.attn.qkv.q.lora_A") == samed.tensor("w_a_000"))
    for name in ours.names { #expect(samed.contains(SAMedNames.samed(name) ?? ""), "\(name)") }
  }

  @Test(arguments: [
    ("w_a_023", "image_encoder.blocks.11.attn.qkv.v.lora_A"),
    ("sa_b_000", "mask_decoder.transformer.layers.0.self_attn.q_proj.lora_B"),
    ("cti_a_003", "mask_decoder.transformer.layers.1.cross_attn_token_to_image.v_proj.lora_A"),
    ("cit_b_002", "mask_decoder.transformer.layers.1.cross_attn_image_to_token.q_proj.lora_B"),
    ("fati_qa", "mask_decoder.transformer.final_attn_token_to_image.q_proj.lora_A"),
    ("fati_vb", "mask_decoder.transformer.final_attn_token_to_image.v_proj.lora_B"),
    ("mask_decoder.iou_token.weight", "mask_decoder.iou_token.weight"), ("w_c_000", "w_c_000"),
  ])
  func `a name of SAMed or SAMed_s goes there and back`(samed: String, ours: String) {
    #expect(SAMedNames.adapter(samed) == ours)
    #expect(SAMedNames.samed(ours) == samed)
  }

  @Test(arguments: [
    "mask_decoder.transformer.layers.0.self_attn.k_proj.lora_A", "image_encoder.neck.0.lora_B",
    "image_encoder.blocks.0.attn.qkv.k.lora_A", "mask_decoder.transformer.layers.0.mlp.lin1.lora_A",
  ])
  func `a correction SAMed does not have has no name there`(name: String) {
    #expect(SAMedNames.samed(name) == nil)
  }
}
