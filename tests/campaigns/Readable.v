(** What a network's theorem says of one layer, for which the test writes the file of examples/digits.toml. *)

From Coq Require Import Reals List Arith Lia Bool ZArith QArith Lra.
From Coquelicot Require Import Coquelicot.
From Dyadic Require Import Gradient Network Equations Derivatives Pairing Coordinates Printed NetworkTensors Emitted Functions Digits.
Import ListNotations.
Open Scope R_scope.

Lemma inside : forall i n, (0 <= i < n)%Z -> ((0 <=? i) && (i <? n))%Z = true.
Proof. intros i n H. apply andb_true_intro. split; [apply Z.leb_le | apply Z.ltb_lt]; lia. Qed.

(** The first layer of examples/digits.toml, its image being the data 0. *)
Theorem hidden_layer : forall others data (theta : Theta dims 6) i, (0 <= i < 32)%Z ->
  entry dims (vertex_map (standard_functions others) dims 6 layers data 0 (theta : Gradient.E (Theta dims 6) (X dims) 0)) i =
  tanh (parameter dims 6 theta 1 i + sum_list (zrange 0 64) (fun j => data 0%nat j * parameter dims 6 theta 0 (i * 64 + j))).
Proof.
  intros others data theta i Hi.
  assert (E : In i (entries dims (Activation 0))) by (apply in_zrange; cbn; lia).
  unfold vertex_map. rewrite entry_build by exact E. clear E.
  assert (H1 : forall t, shape dims t = [32%Z] -> in_range dims t i = true).
  { intros t Ht. unfold in_range, size. rewrite Ht. cbn. now apply inside. }
  assert (H32 : flat [32%Z] [i] = Some i) by (cbn; rewrite inside by lia; f_equal; lia).
  cbn [layers nth layer0 Pairing.forward inner result app Derivatives.run target].
  rewrite define_same by now apply H1.
  assert (He : forall d, shape dims (target d) = [32%Z] -> indices d = [0%nat] -> at_entry dims d i 0%nat = i).
  { intros d Hs Hv. unfold at_entry. rewrite Hs, Hv. cbn. apply Z.div_1_r. }
  unfold value at 1. cbn [body eval map eval_index]. rewrite He by reflexivity.
  change (shape dims (Inner 0)) with [32%Z]. rewrite H32. cbn [standard_functions]. f_equal.
  rewrite define_same by now apply H1.
  unfold value. cbn [body eval map eval_index]. rewrite He by reflexivity.
  change (shape dims (Param 1)) with [32%Z]. rewrite H32. cbn [tensors_at theta_of].
  match goal with |- ?a + _ = ?b + _ => constr_eq a b; apply (f_equal (Rplus a)) end.
  apply sum_list_ext. intros j Hj. apply in_zrange in Hj. cbn [Z.of_nat] in Hj.
  unfold set. cbn [Nat.eqb]. rewrite He by reflexivity.
  change (shape dims (Datum 0)) with [64%Z]. change (shape dims (Param 0)) with [32%Z; 64%Z].
  assert (H64 : flat [64%Z] [j] = Some j) by (cbn; rewrite inside by lia; f_equal; lia).
  assert (H2 : flat [32%Z; 64%Z] [i; j] = Some (i * 64 + j)%Z) by (cbn; rewrite !inside by lia; f_equal; lia).
  rewrite H64, H2. cbv beta iota. match goal with |- ?a = ?b => constr_eq a b; reflexivity end.
Qed.
