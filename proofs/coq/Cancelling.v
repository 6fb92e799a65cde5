(** The tactic that proves, with the sizes as variables, that the terms of a layer's identity cancel. *)

From Coq Require Import List ZArith QArith Lia.
From Dyadic Require Import Equations Derivatives Polynomials Pairing Boxes Terms Matching AllSizes.

Lemma quotient_remainder : forall d a : Z, (0 < d)%Z -> (d * (a / d) + a mod d = a)%Z.
Proof. intros d a H. symmetry. apply Z.div_mod. lia. Qed.

(** Everything is computed but arithmetic. *)
Ltac compute_terms :=
  cbv -[Z.add Z.sub Z.mul Z.div Z.modulo Z.opp Z.le Z.lt Z.of_nat Z.to_nat Z.to_pos Qplus Qmult Qeq iff].
Ltac compute_shapes H :=
  cbv -[Z.add Z.sub Z.mul Z.div Z.modulo Z.opp Z.le Z.lt Z.of_nat Z.to_nat Z.to_pos] in H.
Ltac take_apart :=
  repeat match goal with H : _ /\ _ |- _ => destruct H | H : True |- _ => clear H end.
(** p = d u for a product p that has the factor d: u.  a = d x + r, where r has the summands without that factor: (x, r). *)
Ltac without_factor d p :=
  match p with
  | d => constr:(1%Z)
  | (?a * ?b)%Z => let u := without_factor d a in constr:((u * b)%Z)
  | (?a * ?b)%Z => let u := without_factor d b in constr:((a * u)%Z)
  end.
Ltac split_sum d a :=
  match a with
  | (?b + ?c)%Z => let p := split_sum d b in let q := split_sum d c in
      match p with (?x, ?r) => match q with (?y, ?s) => constr:(((x + y)%Z, (r + s)%Z)) end end
  | _ => let u := without_factor d a in constr:((u, 0%Z))
  | _ => constr:((0%Z, a))
  end.
(** floor((d x + r) / d) = x and the remainder is r, if 0 <= r < d. *)
Ltac simplify_quotients := repeat match goal with
  | |- context [(?d * (?a / ?d) + ?a mod ?d)%Z] => rewrite (quotient_remainder d a) by lia
  | |- context [(?a / ?d)%Z] => let p := split_sum d a in
      match p with (?x, ?r) => replace (a / d)%Z with x by (apply (Z.div_unique_pos a d x r); [lia | ring]) end
  | |- context [(?a mod ?d)%Z] => let p := split_sum d a in
      match p with (?x, ?r) => replace (a mod d)%Z with r by (apply (Z.mod_unique_pos a d x r); [lia | ring]) end
  end.
Ltac divide := Z.to_euclidean_division_equations.
Ltac integers :=
  first [reflexivity | assumption | lia | progress simplify_quotients; first [reflexivity | lia | divide; nia] | divide; nia].
Ltac one_part :=
  match goal with
  | |- True => exact I
  | |- (_ == _)%Q => first [reflexivity | ring | field]
  | |- _ <-> _ => first [reflexivity | split; intros; take_apart; repeat split; integers]
  | |- _ => integers
  end.
Ltac parts := repeat match goal with |- _ /\ _ => split | |- _ -> _ => intro; take_apart end; one_part.
Ltac cancel_terms :=
  intros; match goal with H : positive_shapes _ _ |- _ => clear H end; compute_terms; parts.
Ltac well_indexed_terms := compute_terms; parts.
