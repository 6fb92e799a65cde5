(** What a layer of a network finds: the parameters, the activations of vertices and the data, as tensors.

    The state that the vertices before v leave (E of Gradient.v) is nested pairs of vectors; [tensors_at] reads its entries,
    [direction_at] those of a direction. *)

From Coq Require Import Reals List Arith Lia Bool ZArith.
From Coquelicot Require Import Coquelicot.
From Dyadic Require Import Gradient Network Equations Derivatives Polynomials Pairing Coordinates.
Import ListNotations.
Open Scope R_scope.

Section NetworkTensors.
  Variable dims : name -> list Z.
  Variable P : nat.                         (* parameter tensors *)
  Variable data : nat -> Z -> R.

  (** All parameters in one vector, one tensor after the other. *)
  Fixpoint offset (k : nat) : nat := match k with O => O | S k => (offset k + size (dims (Param k)))%nat end.
  Definition Theta : NormedModule R_AbsRing := Vec (pred (offset P)).
  Definition X (v : nat) : NormedModule R_AbsRing := Vec (pred (size (dims (Activation v)))).
  Notation E := (Gradient.E Theta X).
  Definition parameter (t : Theta) (k : nat) (p : Z) : R := coord _ t (Z.of_nat (offset k) + p).
  Definition entry {v : nat} (x : X v) (p : Z) : R := coord _ x p.

  Fixpoint theta_of (v : nat) : E v -> Theta :=
    match v return E v -> Theta with O => fun t => t | S w => fun e => theta_of w (fst e) end.
  Fixpoint activation_entry (v : nat) : E v -> nat -> Z -> R :=
    match v return E v -> nat -> Z -> R with
    | O => fun _ _ _ => 0
    | S w => fun e u p => if Nat.eqb u w then entry (snd e) p else activation_entry w (fst e) u p
    end.

  (** What a layer finds: the parameters, the activations among [mask], the data; and a direction of these. *)
  Definition tensors_at (mask : nat -> bool) (v : nat) (e : E v) : tensors := fun t p =>
    match t with
    | Param k => parameter (theta_of v e) k p
    | Activation u => if mask u then activation_entry v e u p else 0
    | Datum k => data k p
    | Inner _ | Sensitivity _ => 0
    end.
  Definition direction_at (mask : nat -> bool) (v : nat) (h : E v) : tensors := fun t p =>
    match t with
    | Param k => parameter (theta_of v h) k p
    | Activation u => if mask u then activation_entry v h u p else 0
    | _ => 0
    end.

  (** ** Differentiability *)

  Lemma theta_of_linear : forall v, is_linear (theta_of v).
  Proof.
    induction v as [|v IH]; cbn [theta_of]; [apply is_linear_id|].
    apply (is_linear_comp (U := E (S v)) (V := E v) fst (theta_of v)); [apply is_linear_fst | exact IH].
  Qed.
  Lemma act_linear : forall v u p, is_linear (fun e : E v => activation_entry v e u p : R_NormedModule).
  Proof.
    induction v as [|v IH]; intros u p; cbn [activation_entry]; [apply (is_linear_zero (U := E 0) (V := R_NormedModule))|].
    destruct (Nat.eqb u v).
    - apply (is_linear_comp (U := E (S v)) (V := X v) snd (fun x => entry x p : R_NormedModule)); [apply is_linear_snd | apply coord_linear].
    - apply (is_linear_comp (U := E (S v)) (V := E v) fst (fun e => activation_entry v e u p : R_NormedModule)); [apply is_linear_fst | apply IH].
  Qed.
  Lemma tensors_differentiable : forall mask v (e : E v), differentiable (E v) e (tensors_at mask v) (direction_at mask v).
  Proof.
    intros mask v e t p. destruct t as [k|u|k|k|k]; cbn [tensors_at direction_at].
    - apply filterdiff_linear. apply (is_linear_comp (theta_of v) (fun t => parameter t k p : R_NormedModule));
        [apply theta_of_linear | apply coord_linear].
    - destruct (mask u); [apply filterdiff_linear, act_linear | apply (filterdiff_const (0 : R_NormedModule))].
    - apply (filterdiff_const (data k p : R_NormedModule)).
    - apply (filterdiff_const (0 : R_NormedModule)).
    - apply (filterdiff_const (0 : R_NormedModule)).
  Qed.

  (** ** Entries of states and directions *)

  Lemma theta_of_collect : forall t x v, theta_of v (collect t x v) = t.
  Proof. intros t x. induction v as [|v IH]; [reflexivity | exact IH]. Qed.
  Lemma act_collect : forall t x v u p, activation_entry v (collect t x v) u p = if (u <? v)%nat then entry (x u) p else 0.
  Proof.
    intros t x. induction v as [|v IH]; intros u p; [reflexivity|]. cbn [activation_entry collect snd fst].
    destruct (Nat.eqb_spec u v) as [->|Hne].
    - destruct (Nat.ltb_spec v (S v)); [reflexivity | lia].
    - change (activation_entry v (collect t x v) u p = (if (u <? S v)%nat then entry (x u) p else 0)). rewrite IH.
      destruct (Nat.ltb_spec u v), (Nat.ltb_spec u (S v)); reflexivity || lia.
  Qed.
  Lemma entry_zero : forall v p, entry (zero : X v) p = 0.
  Proof. intros v p. apply coord_zero. Qed.
  Lemma parameter_zero : forall k p, parameter zero k p = 0.
  Proof. intros k p. apply coord_zero. Qed.

  (** The direction that moves x_u only. *)
  Lemma direction_along : forall mask u (w : X u) v t p, direction_at mask v (along u w v) t p =
    if same_name t (Activation u) then (if mask u && (u <? v)%nat then entry w p else 0) else 0.
  Proof.
    intros mask u w v t p. unfold along. destruct t as [k|u'|k|k|k]; cbn [direction_at]; try reflexivity.
    - rewrite theta_of_collect. apply parameter_zero.
    - rewrite act_collect. unfold same_name. destruct (name_eq_dec (Activation u') (Activation u)) as [E|Hne].
      + injection E as ->. rewrite instead_same. destruct (mask u), (u <? v)%nat; reflexivity.
      + rewrite instead_other by congruence. rewrite entry_zero. destruct (mask u'), (u' <? v)%nat; reflexivity.
  Qed.
  (** The direction that moves the parameters only. *)
  Lemma direction_theta : forall mask h v t p, direction_at mask v (along_theta h v) t p =
    match t with Param k => parameter h k p | _ => 0 end.
  Proof.
    intros mask h v t p. unfold along_theta. destruct t as [k|u|k|k|k]; cbn [direction_at]; try reflexivity.
    - now rewrite theta_of_collect.
    - rewrite act_collect, entry_zero. destruct (mask u), (u <? v)%nat; reflexivity.
  Qed.
  Lemma directions_still : forall mask v h t p, moves t = false -> direction_at mask v h t p = 0.
  Proof. intros mask v h [k|u|k|k|k] p H; try discriminate; reflexivity. Qed.
  Lemma entry_build : forall v g p, In p (entries dims (Activation v)) -> entry (build _ g : X v) p = g p.
  Proof.
    intros v g p H. apply in_zrange in H. unfold entry. apply coord_build. cbn [shape] in H. lia.
  Qed.
End NetworkTensors.
