(** The bridge to calculus, for any directed acyclic graph.

    Vertices are numbered in topological order.  The parameters live in a normed space [Theta] and are
    shared freely; the activation of vertex v lives in a normed space [X v], and its map reads the
    parameters and any of the earlier activations: [E v] is the space of all of these together.  Each map is
    differentiable (Coquelicot's [filterdiff], the Frechet derivative) where feeding forward evaluates it, and
    there only.  A sensitivity is a functional on the space of its activation.

    At any solution of the sensitivity equations  s_v = sum over later c of s_c o D_v f_c + D_v C  the
    parameter gradient of the energy,  sum over c of s_c o D_theta f_c + D_theta C,  is the derivative of
    the cost as a function of the parameters, everything being fed forward.  Backpropagation.v shows that 2L
    steps of the dynamics lead to such a solution.  Only the axioms of the standard library's reals are used. *)

From Coq Require Import Reals Arith.
From Coquelicot Require Import Coquelicot.
Open Scope nat_scope.

Section Graph.
  Variable Theta : NormedModule R_AbsRing.
  Variable X : nat -> NormedModule R_AbsRing.

  (** Parameters and the activations of the vertices before v. *)
  Fixpoint E (v : nat) : NormedModule R_AbsRing :=
    match v with
    | O => Theta
    | S u => prod_NormedModule R_AbsRing (E u) (X u)
    end.

  Variable f : forall v, E v -> X v.
  Variable Df : forall v, E v -> E v -> X v.

  Variable n : nat.
  Variable cost : E n -> R_NormedModule.
  Variable Dcost : E n -> E n -> R_NormedModule.

  (** One more vertex fed forward, and the derivative of doing so. *)
  Definition extend (v : nat) (e : E v) : E (S v) := (e, f v e).
  Definition Dextend (v : nat) (e h : E v) : E (S v) := (h, Df v e h).

  Lemma extend_differentiable : forall v e, filterdiff (f v) (locally e) (Df v e) ->
    filterdiff (extend v) (locally e) (Dextend v e).
  Proof.
    intros v e Hf. unfold extend, Dextend.
    apply (filterdiff_comp'_2 (fun h : E v => h) (f v) (fun a b => (a, b) : prod_NormedModule R_AbsRing (E v) (X v))
             e (fun h => h) (Df v e) (fun a b => (a, b) : prod_NormedModule R_AbsRing (E v) (X v))).
    - apply filterdiff_id.
    - exact Hf.
    - apply filterdiff_linear. apply is_linear_prod; [apply is_linear_fst | apply is_linear_snd].
  Qed.

  (** [later v] lists the vertices from v to the last one. *)
  Inductive later : nat -> Type :=
  | finished : later n
  | vertex : forall v, later (S v) -> later v.

  Lemma later_at_most : forall v, later v -> v <= n.
  Proof. induction 1 as [|v rest IH]; [apply Nat.le_refl | now apply Nat.lt_le_incl]. Qed.

  Lemma later_from : forall k v, k + v = n -> later v.
  Proof.
    induction k as [|k IH]; simpl; intros v Hv.
    - rewrite Hv. exact finished.
    - apply vertex, IH. now rewrite Nat.add_succ_r.
  Qed.

  Lemma all_later : forall v, v <= n -> later v.
  Proof. intros v Hv. exact (later_from (n - v) v (Nat.sub_add v n Hv)). Qed.

  (** The cost as a function of the parameters and the activations before v, the rest being fed forward. *)
  Fixpoint cost_of (v : nat) (t : later v) : E v -> R_NormedModule :=
    match t in later u return E u -> R_NormedModule with
    | finished => cost
    | vertex u rest => fun e => cost_of (S u) rest (extend u e)
    end.

  Fixpoint Dcost_of (v : nat) (t : later v) : E v -> E v -> R_NormedModule :=
    match t in later u return E u -> E u -> R_NormedModule with
    | finished => Dcost
    | vertex u rest => fun e h => Dcost_of (S u) rest (extend u e) (Dextend u e h)
    end.

  (** The maps from v on and the cost are differentiable where feeding [e] forward evaluates them. *)
  Fixpoint differentiable_along (v : nat) (t : later v) : E v -> Prop :=
    match t in later u return E u -> Prop with
    | finished => fun e => filterdiff cost (locally e) (Dcost e)
    | vertex u rest => fun e =>
        filterdiff (f u) (locally e) (Df u e) /\ differentiable_along (S u) rest (extend u e)
    end.

  Theorem cost_of_differentiable : forall v (t : later v) e, differentiable_along v t e ->
    filterdiff (cost_of v t) (locally e) (Dcost_of v t e).
  Proof.
    induction t as [|v rest IH]; intros e smooth; simpl in *.
    - exact smooth.
    - destruct smooth as [Hf Hrest].
      apply (filterdiff_comp' (extend v) (cost_of (S v) rest)).
      + now apply extend_differentiable.
      + now apply IH.
  Qed.

  (** A family of sensitivities. *)
  Variable s : forall v, X v -> R_NormedModule.

  (** The energy's derivative at a feedforward state, in a direction of the parameters and the activations
      before v: the cost's own term and one term s_c o Df_c for every c from v on.  Later activations are
      held fixed, hence the zeros. *)
  Fixpoint energy_derivative (v : nat) (t : later v) : E v -> E v -> R_NormedModule :=
    match t in later u return E u -> E u -> R_NormedModule with
    | finished => Dcost
    | vertex u rest => fun e h =>
        plus (energy_derivative (S u) rest (extend u e) (h, zero)) (s u (Df u e h))
    end.

  (** The sensitivity equations from v on:  s_u(w) = the energy's derivative in the direction w of x_u. *)
  Fixpoint sensitivity_equations (v : nat) (t : later v) : E v -> Prop :=
    match t in later u return E u -> Prop with
    | finished => fun _ => True
    | vertex u rest => fun e =>
        (forall w, s u w = energy_derivative (S u) rest (extend u e) (zero, w)) /\
        sensitivity_equations (S u) rest (extend u e)
    end.

  Theorem energy_derivative_is_total : forall v (t : later v) e,
    differentiable_along v t e -> sensitivity_equations v t e ->
    forall h, energy_derivative v t e h = Dcost_of v t e h.
  Proof.
    induction t as [|v rest IH]; intros e smooth Hs h; simpl in *.
    - reflexivity.
    - destruct Hs as [Hv Hrest], smooth as [_ smooth]. rewrite Hv, !IH by assumption. unfold Dextend.
      destruct (cost_of_differentiable (S v) rest (extend v e) smooth) as [linear _].
      rewrite <- (linear_plus _ linear).
      apply f_equal. change ((plus h zero, plus zero (Df v e h)) = (h, Df v e h)).
      now rewrite plus_zero_r, plus_zero_l.
  Qed.

  (** At a solution of the sensitivity equations, dE/dtheta is the derivative of the cost in theta. *)
  Theorem energy_gradient_is_the_derivative : forall (t : later 0) (theta : Theta),
    differentiable_along 0 t theta -> sensitivity_equations 0 t theta ->
    filterdiff (cost_of 0 t) (locally (theta : E 0)) (energy_derivative 0 t theta).
  Proof.
    intros t theta smooth Hs.
    apply (filterdiff_ext_lin _ (Dcost_of 0 t theta)).
    - now apply cost_of_differentiable.
    - intro h. symmetry. now apply energy_derivative_is_total.
  Qed.

  (** And each sensitivity is the derivative of the cost in its own activation, later ones being fed forward. *)
  Theorem sensitivity_is_the_derivative : forall v (rest : later (S v)) (e : E v) (x : X v),
    x = f v e -> differentiable_along v (vertex v rest) e -> sensitivity_equations v (vertex v rest) e ->
    filterdiff (fun y => cost_of (S v) rest (e, y)) (locally x) (s v).
  Proof.
    intros v rest e x -> [_ smooth] [Hv Hrest].
    apply (filterdiff_ext_lin _ (fun w => Dcost_of (S v) rest (extend v e) (zero, w))).
    - apply (filterdiff_comp' (fun y => (e, y) : E (S v)) (cost_of (S v) rest) (f v e)
               (fun w => (zero, w) : E (S v))).
      + apply (filterdiff_comp'_2 (fun _ => e) (fun y : X v => y)
                 (fun a b => (a, b) : prod_NormedModule R_AbsRing (E v) (X v)) (f v e)
                 (fun _ => zero) (fun w => w) (fun a b => (a, b) : prod_NormedModule R_AbsRing (E v) (X v))).
        * apply filterdiff_const.
        * apply filterdiff_id.
        * apply filterdiff_linear. apply is_linear_prod; [apply is_linear_fst | apply is_linear_snd].
      + now apply cost_of_differentiable.
    - intro w. rewrite Hv. symmetry. now apply energy_derivative_is_total.
  Qed.
End Graph.
